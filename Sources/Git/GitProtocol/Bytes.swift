extension UnsafeRawBufferPointer {
  /// Without one line end at the end, if there is one: git's packets may or may not have it.
  var withoutLineEnd: UnsafeRawBufferPointer {
    last == UInt8(ascii: "\n") ? UnsafeRawBufferPointer(rebasing: dropLast()) : self
  }

  func hasPrefix(_ prefix: StaticString) -> Bool {
    let wanted = UnsafeRawBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
    guard count >= wanted.count else { return false }
    for position in 0..<wanted.count where self[position] != wanted[position] { return false }
    return true
  }

  func isEqual(to text: StaticString) -> Bool { count == text.utf8CodeUnitCount && hasPrefix(text) }

  func dropping(_ prefix: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[prefix.utf8CodeUnitCount...])
  }

  func from(_ position: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[position...]) }
  func upTo(_ position: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[..<position]) }

  /// Where `byte` is, at `start` or after it; `nil` when it is not there.
  func position(of byte: UInt8, from start: Int = 0) -> Int? {
    var position = start
    while position < count {
      if self[position] == byte { return position }
      position &+= 1
    }
    return nil
  }

  /// Takes the bytes up to the next space, and the space, off the front; all of them when there is no space.
  mutating func takeWord() -> UnsafeRawBufferPointer {
    guard let space = position(of: UInt8(ascii: " ")) else {
      defer { self = UnsafeRawBufferPointer(start: nil, count: 0) }
      return self
    }
    defer { self = from(space + 1) }
    return upTo(space)
  }
}

extension UnsafeRawBufferPointer {
  func hasSuffix(_ suffix: StaticString) -> Bool {
    count >= suffix.utf8CodeUnitCount && from(count - suffix.utf8CodeUnitCount).isEqual(to: suffix)
  }
}
