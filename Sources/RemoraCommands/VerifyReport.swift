/// The JSON object that `remora verify --json` prints. New keys may come; none goes.
struct VerifyReport: Encodable {
  /// A ref that differs; null where a side does not have it.
  struct Difference: Encodable {
    let ref: String
    let source: String?
    let copy: String?

    private enum CodingKeys: String, CodingKey { case ref, source, copy }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(ref, forKey: .ref)
      try container.encode(source, forKey: .source)
      try container.encode(copy, forKey: .copy)
    }
  }

  let source: String
  let copy: String
  let equal: Bool
  /// What the comparison rests on: the refs that the source shows to us, which may not be all that it has.
  let basis = "advertisement"
  let headUnknown: Bool
  let checksum: String?
  let refs: Int
  let differences: [Difference]
  let broken: [BrokenReport]

  private enum CodingKeys: String, CodingKey {
    case source, copy, equal, basis, checksum, refs, differences, broken
    case headUnknown = "head_unknown"
  }

  /// Every key is there, null where there is no value.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(source, forKey: .source)
    try container.encode(copy, forKey: .copy)
    try container.encode(equal, forKey: .equal)
    try container.encode(basis, forKey: .basis)
    try container.encode(headUnknown, forKey: .headUnknown)
    try container.encode(checksum, forKey: .checksum)
    try container.encode(refs, forKey: .refs)
    try container.encode(differences, forKey: .differences)
    try container.encode(broken, forKey: .broken)
  }
}
