package import GitValues

/// How a run ended, in the terms of `--json`.
package struct MirrorOutcome: Sendable {
  package enum Status: String, Sendable { case cloned, updated, unchanged, failed }

  /// Refs by what happened to them; `total` is what the copy holds now.
  package struct RefCounts: Hashable, Sendable {
    package var created = 0
    package var updated = 0
    package var deleted = 0
    package var total = 0
    package init() {}
  }

  /// A warning, although the copy is equal.
  package struct Warning: Hashable, Sendable {
    package let code: String
    package let message: String
    package init(code: String, message: String) {
      self.code = code
      self.message = message
    }
  }

  package var status: Status
  package var refs = RefCounts()
  /// The copy's HEAD after the run; `unknown` when the run failed before it was read.
  package var head = Head.unknown
  /// The protocol did not transfer the source's HEAD: the copy is equal except for HEAD.
  package var headIsUnknown = false
  /// Objects and bytes that the source sent.
  package var objects = 0
  package var bytes = 0
  /// The copy's refs checksum (`sha256:HEX`); `nil` when the run failed before it was computed.
  package var checksum: String?
  package var warnings: [Warning] = []
  package var error: MirrorError?

  package init(status: Status) { self.status = status }

  package static func failed(_ error: MirrorError) -> MirrorOutcome {
    var outcome = MirrorOutcome(status: .failed)
    outcome.error = error
    return outcome
  }
}

/// What a running mirror is doing, for a progress line. Sent from the run's own thread, often.
package enum MirrorProgress: Hashable, Sendable {
  /// The run's host has asked for a pause of so long.
  case pausing(host: String, seconds: Int)
  case listing
  /// The source was asked for a pack and prepares it.
  case requesting
  /// What the source's server says about its progress, one harmless line.
  case remote(String)
  case receiving(objects: Int, total: Int, bytes: Int)
  case indexing(objects: Int, total: Int)
  case checking(objects: Int)
  case publishing(refs: Int)
}
