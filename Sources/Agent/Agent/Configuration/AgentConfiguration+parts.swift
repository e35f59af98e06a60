internal import Foundation
internal import Replication
internal import SiteAssembly
package import SystemPackage

/// Reads parts of a configuration without access to the secrets that it names: hooks run as the pushing users.
extension AgentConfiguration {
  /// Does the same as `read`, without checking the files and directories that it names.
  package static func readText(_ path: String, environment: [String: String]) throws -> AgentConfiguration {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw ConfigurationError(
        path,
        [.init(line: 0, column: 0, key: "", message: "cannot be read; make it, correct the path, or ask its owner")])
    }
    return try read(Array(bytes), file: path, environment: environment, checksFiles: false)
  }

  /// Parses a duration as the configuration writes it, such as `90d`; `nil` for invalid text.
  package static func duration(of text: String) -> Duration? { Decimal.duration(text) }

  /// Returns the state directory.
  package static func stateDirectory(_ path: String, environment: [String: String]) throws -> String {
    try readText(path, environment: environment).state
  }

  /// Returns kind and id of the repository in a directory, of the first kind that includes it; `nil` when it belongs to
  /// none.
  package func replicable(at directory: FilePath) -> (name: String, id: String)? {
    let path = Self.resolved(directory.string)
    for kind in AgentPlan.kinds(self) where kind.dataType == .repository {
      let root = Self.resolved(kind.root)
      guard path.hasPrefix(root + "/"), path.hasSuffix(".git") else { continue }
      let text = String(path.dropFirst(root.count + 1).dropLast(".git".count))
      // A directory whose name is no valid id belongs to no kind; the scan reports it.
      guard let id = try? ReplicableID(text), kind.selection.selects(id) else { continue }
      return (kind.name.text, text)
    }
    return nil
  }

  private static func resolved(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
