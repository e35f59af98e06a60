import Foundation
import TestSupport

/// What `fixtures/fuzzing` holds: inputs to begin with and inputs that were wrong once, a directory for each reader, and words that
/// mean something to some reader, a line each.
struct Seeds {
  /// By name.
  let inputs: [(name: String, bytes: [UInt8])]
  let words: [[UInt8]]

  init(inputs: [(name: String, bytes: [UInt8])], words: [[UInt8]]) {
    self.inputs = inputs
    self.words = words
  }

  init(_ reader: FuzzedReader) throws {
    let directory = Fixtures.url("fuzzing")
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.appending(path: reader.rawValue).path)
    inputs = try names.sorted().map { name in
      (name, Array(try Data(contentsOf: directory.appending(path: reader.rawValue).appending(path: name))))
    }
    let text = try Data(contentsOf: directory.appending(path: "words"))
    words = text.split(separator: UInt8(ascii: "\n")).map(Array.init)
  }
}
