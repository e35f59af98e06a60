/// A restored repository as JSON. Described in the article `JSONOutput`.
struct RestoreReport: Encodable {
  struct Lost: Encodable {
    let ref: String
    let oid: String
    let missing: String
  }

  let copy: String
  let at: String
  let since: String
  let into: String
  let refs: Int
  @NullWhenMissing var head: String?
  let lost: [Lost]
  let uncertain: [String]
}

/// A restored ref as JSON. Described in the article `JSONOutput`.
struct RestoredRefReport: Encodable {
  let copy: String
  let at: String
  let ref: String
  let oid: String
  let into: String
  let name: String
  let objects: Int
}
