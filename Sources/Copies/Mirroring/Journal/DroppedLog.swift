package import DurableFiles
package import Foundation
package import GitValues
package import SystemPackage

/// A reflog without a ref (`logs/refs/remora/dropped`): a line for each object that a change of refs let go.
///
/// git walks every file below `logs/` when it decides which objects are needed, so gc and prune, ours or an operator's,
/// keep these objects (seen with git 2.39: `git gc --prune=now`). Only Remora trims the file, by age.
package struct DroppedLog: Sendable {
  private let layout: CopyLayout
  private let files: any FileSystemPort

  package init(_ layout: CopyLayout, through files: any FileSystemPort) {
    self.layout = layout
    self.files = files
  }

  /// Appends the oids and waits until they are on disk, with every directory on the way.
  package func append(_ dropped: [(oid: ObjectID, name: ReferenceName)], at time: Date) throws {
    guard !dropped.isEmpty else { return }
    let directory = layout.droppedLog.removingLastComponent()
    let made = try files.makeDirectories(directory)
    let isNew = try files.status(of: layout.droppedLog) == nil
    let file = try files.openForAppending(layout.droppedLog, permissions: .ownerReadWriteGroupOtherRead)
    do {
      try file.write(Self.lines(dropped, at: time, after: try tornTail()))
      try file.synchronize()
      try file.close()
    } catch {
      // The first error is thrown; an error of close(2) adds nothing.
      try? file.close()
      throw error
    }
    if isNew { try files.synchronizeDirectory(directory) }
    try files.synchronizeParents(of: made)
  }

  /// True when a crash left half a line, which the next append must end first.
  private func tornTail() throws -> Bool {
    let tail = try FileTail.read(layout.droppedLog, bytes: 1)
    return !tail.isEmpty && tail != [UInt8(ascii: "\n")]
  }

  /// `OLD NEW NAME <MAIL> SECONDS ZONE TAB MESSAGE`; git keeps OLD and NEW alive, and OLD is none.
  private static func lines(_ dropped: [(oid: ObjectID, name: ReferenceName)], at time: Date, after torn: Bool)
    -> [UInt8]
  {
    var bytes: [UInt8] = torn ? [UInt8(ascii: "\n")] : []
    let who = Array(" Remora <remora@localhost> \(Int(time.timeIntervalSince1970)) +0000\tdropped from ".utf8)
    for (oid, name) in dropped {
      ObjectID.zero.appendHex(to: &bytes)
      bytes.append(UInt8(ascii: " "))
      oid.appendHex(to: &bytes)
      bytes.append(contentsOf: who)
      bytes.append(contentsOf: name.description.utf8)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}

/// Reads the end of a file that only grows.
package enum FileTail {
  /// The last `bytes` bytes of the file, or all of it when it is shorter. A missing file is empty.
  package static func read(_ path: FilePath, bytes: Int) throws -> [UInt8] {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    } catch Errno.noSuchFileOrDirectory {
      return []
    }
    return try descriptor.closeAfter {
      let size = Int(try descriptor.seek(offset: 0, from: .end))
      let start = max(0, size - bytes)
      var filled = 0
      return try [UInt8](unsafeUninitializedCapacity: size - start) { buffer, count in
        while filled < size - start {
          let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let got = try descriptor.read(fromAbsoluteOffset: Int64(start + filled), into: rest)
          guard got > 0 else { break }
          filled += got
        }
        count = filled
      }
    }
  }
}
