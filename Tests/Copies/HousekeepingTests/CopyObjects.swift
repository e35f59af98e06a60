import Git
import GitValues
import TestSupport

/// Looks at the objects of a copy without the code under test and without starting a process.
enum CopyObjects {
  /// Requires that each of these objects is there, and can be read whole.
  static func require(_ oids: [String], in copy: String) throws {
    let objects = try ObjectDatabase(objectsDirectory: copy + "/objects")
    for text in oids {
      guard let oid = ObjectID(text) else { throw TestSupportError("no oid: \(text)") }
      let read: Bool? = try objects.read(oid) { type, bytes in try ObjectDatabase.hash(type, bytes) == oid }
      guard let read else { throw TestSupportError("object \(text) is missing in \(copy)") }
      guard read else { throw TestSupportError("object \(text) is damaged in \(copy)") }
    }
  }
}
