internal import Foundation
public import Replication

extension SiteEnvironment {
  /// The system's clock and random source.
  public static var system: SiteEnvironment {
    SiteEnvironment(
      now: { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down))) },
      random: { UInt64.random(in: .min ... .max) })
  }
}
