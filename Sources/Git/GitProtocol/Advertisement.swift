package import GitValues

/// What a server says first, unasked: how it wants to talk, and in versions 0 and 1 its refs as well.
package struct Advertisement: Sendable {
  /// 0, 1 or 2.
  package let version: Int
  package let capabilities: Capabilities
  /// The refs; `nil` over version 2, where they are asked for.
  package let view: RefView?
  /// True when a `shallow` line was among the refs. Version 2 does not say.
  package let isShallow: Bool
}
