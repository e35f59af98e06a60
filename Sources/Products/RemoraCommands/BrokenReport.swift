internal import GitValues
internal import SystemPackage

/// A broken ref in JSON and on standard error.
struct BrokenReport: Encodable {
  /// Which of two repositories has the ref.
  enum Side: String, Encodable { case source, copy }

  let ref: String
  let reason: String
  /// Left out where only one repository is looked at.
  let side: Side?

  init(_ broken: BrokenRef, in side: Side? = nil) {
    ref = broken.name.description
    reason = broken.reason
    self.side = side
  }

  static func tell(_ broken: [BrokenRef], of path: FilePath) { tell(broken, of: path.string) }

  static func tell(_ broken: [BrokenRef], of repository: String) {
    let named = broken.prefix(10).map { "'\($0.name)' (\($0.reason))" }.joined(separator: ", ")
    let more = broken.count > 10 ? " and \(broken.count - 10) more" : ""
    Output.error("error: '\(repository)' is broken: \(named)\(more); repair these refs and ask again")
  }
}
