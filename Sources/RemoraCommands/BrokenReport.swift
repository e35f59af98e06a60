internal import GitValues
internal import SystemPackage

/// A broken ref in JSON and on standard error.
struct BrokenReport: Encodable {
  let ref: String
  let reason: String

  init(_ broken: BrokenRef) {
    ref = broken.name.description
    reason = broken.reason
  }

  static func tell(_ broken: [BrokenRef], of path: FilePath) {
    let named = broken.prefix(10).map { "'\($0.name)' (\($0.reason))" }.joined(separator: ", ")
    let more = broken.count > 10 ? " and \(broken.count - 10) more" : ""
    Output.error("error: '\(path)' is broken: \(named)\(more); repair these refs and ask again")
  }
}
