package import SystemPackage

/// One name in a directory.
package struct DirectoryEntry: Hashable, Sendable {
  /// The name, byte for byte as the file system has it; it need not be UTF-8.
  package let name: FilePath.Component
  package let kind: FileKind

  package init(name: FilePath.Component, kind: FileKind) {
    self.name = name
    self.kind = kind
  }

  /// The bytes of the name, without a terminating zero.
  package var nameBytes: [UInt8] {
    name.withPlatformString { text in
      var bytes: [UInt8] = []
      var position = 0
      while text[position] != 0 {
        bytes.append(UInt8(bitPattern: text[position]))
        position += 1
      }
      return bytes
    }
  }
}
