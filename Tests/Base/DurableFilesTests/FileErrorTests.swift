import DurableFiles
import SystemPackage
import Testing

@Suite struct FileErrorTests {
  @Test("an error is one line: what, on what, why, what to do")
  func describes() {
    let full = FileError(.noSpace, "write", "/copies/a.git/packed-refs")
    #expect(
      "\(full)"
        == "cannot write '/copies/a.git/packed-refs': no space left on device "
        + "(free some space and run again; nothing was lost)")
    let plain = FileError(.fileExists, "create", "/x")
    #expect("\(plain)" == "cannot create '/x': file exists")
  }

  @Test("a path cannot write control characters to a terminal")
  func hidesControlCharacters() {
    #expect(
      "\(FileError(.fileExists, "create", "/a\u{1B}[2J\nb"))" == "cannot create '/a\\u{1b}[2J\\u{a}b': file exists")
  }
}
