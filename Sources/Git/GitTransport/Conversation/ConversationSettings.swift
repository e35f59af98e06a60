package import GitProtocol
import WorkerPool

/// The settings of a `Conversation` in addition to its channel.
package struct ConversationSettings: Sendable {
  /// How errors name the source; without user info.
  package var subject: String
  /// What the server may make us hold while it lists.
  package var limits: ListingLimits
  /// Bytes of one packfile.
  package var maximumPackBytes: Int

  package init(subject: String, limits: ListingLimits = ListingLimits(), maximumPackBytes: Int = 100 << 30) {
    self.subject = subject
    self.limits = limits
    self.maximumPackBytes = maximumPackBytes
  }
}
