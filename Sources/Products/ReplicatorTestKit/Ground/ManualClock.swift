internal import Remora
internal import Synchronization

/// A clock that stands until it is moved, and random bits from a seed: what a suite sees is the same every time.
final class ManualClock: Sendable {
  private let moment = Mutex(Timestamp(milliseconds: 1_790_000_000_000))
  private let seed = Mutex<UInt64>(7)

  var now: Timestamp { moment.withLock { $0 } }

  func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }

  /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
  private func random() -> UInt64 {
    seed.withLock { seed in
      seed &+= 0x9e37_79b9_7f4a_7c15
      var bits = seed
      bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
      bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
      return bits ^ (bits >> 31)
    }
  }

  var environment: SiteEnvironment { SiteEnvironment(now: { self.now }, random: { self.random() }) }
}
