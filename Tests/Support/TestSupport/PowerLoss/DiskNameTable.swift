import SystemPackage

/// What the numbers stand for.
struct DiskNameTable: Sendable {
  private var numbers: [[CChar]: Int] = [:]
  private var texts: [[CChar]] = []

  /// - Parameter text: with its terminating zero.
  mutating func name(_ text: [CChar]) -> DiskName {
    if let number = numbers[text] { return DiskName(number: number) }
    numbers[text] = texts.count
    texts.append(text)
    return DiskName(number: texts.count - 1)
  }

  mutating func name(_ component: FilePath.Component) -> DiskName {
    var text: [CChar] = []
    component.withPlatformString { start in
      var end = 0
      while start[end] != 0 { end += 1 }
      text = Array(UnsafeBufferPointer(start: start, count: end + 1))
    }
    return name(text)
  }

  /// With its terminating zero.
  subscript(name: DiskName) -> [CChar] { texts[name.number] }
}
