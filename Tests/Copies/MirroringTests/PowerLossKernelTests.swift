import DurableFiles
import SystemPackage
import TestSupport
import Testing

/// The recorder sees calls of the port; this is the last step below it. The kernel's own files have no fsync: a caller
/// of fsync gets an error, and other callers do not.
@Suite struct PowerLossKernelTests {
  private let files = RealFileSystem()

  @Test("to make a file durable is to ask the kernel, by its path")
  func asksForFiles() {
    expectRefusal { () throws(FileError) in try files.synchronizeFile("/proc/self/status") }
  }

  @Test("to make a directory durable is to ask the kernel, and a refusal names the way out")
  func asksForDirectories() {
    let error = expectRefusal { () throws(FileError) in try files.synchronizeDirectory("/proc/self/task") }
    #expect(error?.hint?.contains("use a local one") == true)
  }

  @Test("to make an open file durable is to ask the kernel")
  func asksForOpenFiles() throws {
    let file = try files.openForAppending("/proc/self/comm", permissions: [])
    expectRefusal { () throws(FileError) in try file.synchronize() }
    try file.close()
  }

  @discardableResult
  private func expectRefusal(_ body: () throws(FileError) -> Void) -> FileError? {
    let error = #expect(throws: FileError.self) { try body() }
    #expect(error?.code == .invalidArgument)
    return error
  }
}
