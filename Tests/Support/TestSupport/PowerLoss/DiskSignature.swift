/// What distinguishes trees that are not equal: see `DiskImage.signature`.
struct DiskSignature: Hashable {
  private var first = 0
  private var second = 0

  mutating func add(_ hasher: Hasher) {
    var other = hasher
    other.combine(1)
    first &+= hasher.finalize()
    second &+= other.finalize()
  }
}
