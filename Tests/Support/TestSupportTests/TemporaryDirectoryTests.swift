import Foundation
import TestSupport
import Testing

@Suite struct TemporaryDirectoryTests {
  @Test("it is removed with all it holds")
  func removed() throws {
    let path = try withTemporaryDirectory { directory in
      try directory.write("x", to: "a/b/c")
      return directory.path
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("files are listed in bytewise order, and leftovers are found")
  func leftovers() throws {
    try withTemporaryDirectory { directory in
      for name in ["objects/pack/tmp_pack_x", "packed-refs.lock", "B", "a"] { try directory.write("", to: name) }
      #expect(
        try TemporaryDirectory.files(below: directory.path) == [
          "B", "a", "objects/pack/tmp_pack_x", "packed-refs.lock",
        ])
      #expect(
        try TemporaryDirectory.leftovers(below: directory.path) == ["objects/pack/tmp_pack_x", "packed-refs.lock"])
    }
  }
}
