internal import Foundation
internal import Remora

/// Files of some hundred kilobytes.
struct FileSample: SampleContent {
  func path(of id: ReplicableID, below root: String) -> String { "\(root)/\(id)" }

  func create(at path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try change(at: path)
  }

  func change(at path: String) throws {
    let line = UUID().uuidString + "\n"
    try Data(String(repeating: line, count: 8_000).utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  func tamper(at path: String) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? file.close() }  // nothing is left to be lost: a tampered file may well be torn
    try file.write(contentsOf: Data("tampered".utf8))
  }

  func look(at path: String) throws -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }
}
