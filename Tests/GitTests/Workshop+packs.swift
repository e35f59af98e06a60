import Foundation
import Git

extension Workshop {
  func bytes(of file: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: file))) }
}

/// Gives bytes to an indexer in parts.
func index(
  _ bytes: [UInt8], in directory: String, partSize: Int = 65536, maximumObjects: Int = Library.maximumPackObjects,
  progress: @escaping (PackProgress) throws -> Void = { _ in }
) throws -> IndexedPack? {
  var indexer = try PackIndexer(stagingDirectory: directory, maximumObjects: maximumObjects, progress: progress)
  try bytes.withUnsafeBytes { all in
    for start in stride(from: 0, to: all.count, by: partSize) {
      try indexer.append(UnsafeRawBufferPointer(rebasing: all[start..<min(start + partSize, all.count)]))
    }
  }
  return try indexer.commit()
}
