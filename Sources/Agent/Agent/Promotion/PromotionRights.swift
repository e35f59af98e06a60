internal import Synchronization

/// Which sites may replace this primary (`may_promote`); a reload of the configuration changes it.
package final class PromotionRights: Sendable {
  private let names: Mutex<Set<String>>

  /// These sites.
  package init(_ names: Set<String> = []) { self.names = Mutex(names) }

  /// Other sites from now on.
  package func replace(_ names: Set<String>) { self.names.withLock { $0 = names } }

  /// Whether this site may replace the primary.
  package func allow(_ site: String) -> Bool { names.withLock { $0.contains(site) } }
}
