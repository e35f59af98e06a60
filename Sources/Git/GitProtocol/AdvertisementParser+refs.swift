import GitValues
import TextBytes

// Versions 0 and 1: lines of refs.
extension AdvertisementParser {
  mutating func takeRefLine(_ line: UnsafeRawBufferPointer, isFirst: Bool) throws(ProtocolError) {
    var reference = line
    if isFirst {
      state = .refs(isFirst: false)
      if let border = line.position(of: 0) {
        reference = line.upTo(border)
        try takeCapabilities(line.from(border + 1))
      }
    }
    if reference.hasPrefix("shallow ") {
      isShallow = true
      state = .shallow
      return
    }
    let text = reference
    let oid = ObjectID(hexBytes: reference.takeWord())
    let name = reference
    guard let oid, !name.isEmpty else {
      previous = .none
      try builder.addUnparsable(text)
      return
    }
    if isFirst, oid.isZero, name.isEqual(to: "capabilities^{}") { return }
    if name.hasSuffix("^{}") {
      try takePeeled(oid, of: name.upTo(name.count - 3))
    } else if try builder.add(name: name, oid: oid) {
      previous = RefViewBuilder.isHead(name) ? .head : .listed
    } else {
      previous = .broken(Array(name))
    }
  }

  private mutating func takeCapabilities(_ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
    var rest = bytes
    while !rest.isEmpty { try capabilities.append(rest.takeWord()) }
    try capabilities.checkObjectFormat()
    for symref in capabilities.values(of: "symref") where symref.starts(with: "HEAD:".utf8) {
      try builder.setHeadTarget(Array(symref.dropFirst("HEAD:".utf8.count)), countsAsLine: false)
    }
  }

  /// A line `OID NAME^{}` says where the tag on the line before ends.
  private mutating func takePeeled(_ oid: ObjectID, of name: UnsafeRawBufferPointer) throws(ProtocolError) {
    let follows =
      switch previous {
      case .none: false
      case .head: RefViewBuilder.isHead(name)
      case .listed: builder.isLast(name)
      case .broken(let broken): name.elementsEqual(broken)
      }
    guard follows, !oid.isZero else {
      throw ProtocolError(.malformed, "a peeled value without its tag: '\(ForeignText.serverLine(name))'")
    }
    if case .listed = previous { builder.setPeeledOfLast(oid) }
    previous = .none
  }
}
