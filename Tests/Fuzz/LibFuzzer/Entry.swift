import Foundation

/// The reader that this process looks at; the script names it.
private let reader: FuzzedReader = {
  let name = ProcessInfo.processInfo.environment["REMORA_FUZZED_READER"] ?? ""
  guard let reader = FuzzedReader(rawValue: name) else { fatalError("no reader is called '\(name)'") }
  return reader
}()

/// Tests one input: libFuzzer's entry point.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try reader.check(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch {
    fatalError("\(error)")
  }
  return 0
}
