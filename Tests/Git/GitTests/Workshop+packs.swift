import Foundation
import Git
import GitValues

extension Workshop {
  func bytes(of file: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: file))) }

  func replace(_ file: String, with bytes: [UInt8]) throws {
    try FileManager.default.removeItem(atPath: file)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
  }

  /// Returns the 20 bytes of the plain digest.
  func sha1(_ bytes: [UInt8]) throws -> [UInt8] {
    let line = try run(["sha1sum"], input: bytes)
    guard let digest = ObjectID(hex: Array(line.prefix(40))) else {
      throw CommandFailed(command: ["sha1sum"], status: 0, output: String(decoding: line, as: UTF8.self))
    }
    return digest.withBytes { Array($0) }
  }

  /// Returns the bytes of the id that a blob with this content has.
  static func blobID(_ content: [UInt8]) throws -> [UInt8] {
    try content.withUnsafeBytes { try ObjectDatabase.hash(.blob, $0) }.withBytes { Array($0) }
  }
}

/// Gives bytes to an indexer in parts.
func index(
  _ bytes: [UInt8], in directory: String, partSize: Int = 65536, maximumObjects: Int = Library.maximumPackObjects,
  interruption: IndexerInterruption = IndexerInterruption(),
  progress: @escaping (PackProgress) throws -> Void = { _ in }
) throws -> IndexedPack? {
  var indexer = try PackIndexer(
    stagingDirectory: directory, maximumObjects: maximumObjects, interruption: interruption, progress: progress)
  try bytes.withUnsafeBytes { all in
    for start in stride(from: 0, to: all.count, by: partSize) {
      try indexer.append(UnsafeRawBufferPointer(rebasing: all[start..<min(start + partSize, all.count)]))
    }
  }
  return try indexer.commit()
}

/// The code of the `GitError` that `body` throws; `nil` when it throws none.
func code(of body: () throws -> Void) throws -> GitError.Code? {
  do {
    try body()
    return nil
  } catch let error as GitError {
    return error.code
  }
}
