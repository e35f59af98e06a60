internal import Foundation
public import Replication

extension SiteEnvironment {
  /// The system's clock and random source.
  public static var system: SiteEnvironment {
    SiteEnvironment(
      now: { Timestamp(secondsSince1970: Date().timeIntervalSince1970) },
      random: { UInt64.random(in: .min ... .max) })
  }
}
