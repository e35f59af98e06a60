import DurableFiles
import SystemPackage

/// An open file whose writes are recorded.
final class RecordedFile: WritableFile {
  private let file: any WritableFile
  private let inode: DiskInode
  private let path: FilePath
  private let recording: RecordingFileSystem
  /// Where the next write goes.
  private var position: Int

  /// - Parameter length: of the file now: new files are empty, others are opened for appending.
  init(_ file: any WritableFile, inode: DiskInode, path: FilePath, length: Int, recording: RecordingFileSystem) {
    self.file = file
    self.inode = inode
    self.path = path
    self.recording = recording
    position = length
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try recording.change { (state) throws(FileError) in
      try file.write(bytes)
      guard !bytes.isEmpty else { return }
      state.recorder.record(
        .write(inode, offset: position, bytes: Array(bytes)), "write \(bytes.count) bytes to \(name(state))")
      position += bytes.count
    }
  }

  func truncate(to length: Int) throws(FileError) {
    try recording.change { (state) throws(FileError) in
      try file.truncate(to: length)
      state.recorder.record(.resize(inode, length: length), "truncate \(name(state)) to \(length) bytes")
      position = length
    }
  }

  func synchronize() throws(FileError) {
    try recording.change { (state) throws(FileError) in
      try file.synchronize()
      recording.recordSynchronization(&state, inode, path, isDirectory: false)
    }
  }

  func setPermissions(_ permissions: FilePermissions) throws(FileError) { try file.setPermissions(permissions) }
  func close() throws(FileError) { try file.close() }

  var length: Int { get throws(FileError) { try file.length } }

  private func name(_ state: RecordingFileSystem.State) -> String {
    "'\(state.recorder.relative(path) ?? path)'"
  }
}
