/// The JSON object that `remora verify --json` prints. Every key is there in every object; new ones may come, none goes.
struct VerifyReport: Encodable {
  /// A ref that differs; null where a side does not have it.
  struct Difference: Encodable {
    let ref: String
    @NullWhenMissing var source: String?
    @NullWhenMissing var copy: String?
  }

  let source: String
  let copy: String
  let equal: Bool
  /// The basis of the comparison: the refs that the source lists to us, which may not be all that it has.
  let basis = "advertisement"
  let headUnknown: Bool
  @NullWhenMissing var checksum: String?
  let refs: Int
  let differences: [Difference]
  let broken: [BrokenReport]

  private enum CodingKeys: String, CodingKey {
    case source, copy, equal, basis, checksum, refs, differences, broken
    case headUnknown = "head_unknown"
  }
}
