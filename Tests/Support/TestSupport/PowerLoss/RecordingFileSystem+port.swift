package import DurableFiles
package import SystemPackage

extension RecordingFileSystem: FileSystemPort {
  package func status(of path: FilePath) throws(FileError) -> FileStatus? { try real.status(of: path) }

  package func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    try real.contents(of: path, limit: limit)
  }

  package func entries(of directory: FilePath) throws(FileError) -> [DirectoryEntry] {
    try real.entries(of: directory)
  }

  package func availableBytes(at path: FilePath) throws(FileError) -> UInt64 { try real.availableBytes(at: path) }

  package func makeDirectory(_ path: FilePath, permissions: FilePermissions) throws(FileError) {
    try change { (state) throws(FileError) in
      try real.makeDirectory(path, permissions: permissions)
      guard let slot = slot(path, in: &state), let stamp = stamp(path) else { return }
      let inode = state.recorder.bear(.directory([:], stamp.permissions), stamp)
      state.recorder.record(.make(slot, inode), "make directory '\(short(path, state))'")
    }
  }

  package func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    try open("create", path) { () throws(FileError) in try real.create(path, permissions: permissions) }
  }

  package func openForAppending(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> any WritableFile {
    try open("open for appending", path) { () throws(FileError) in
      try real.openForAppending(path, permissions: permissions)
    }
  }

  package func rename(_ from: FilePath, to: FilePath) throws(FileError) {
    try change { (state) throws(FileError) in
      let source = slot(from, in: &state)
      let target = slot(to, in: &state)
      try real.rename(from, to: to)
      switch (source, target) {
      case (nil, nil): break
      case (let source?, let target?):
        // Two names of one inode: rename(2) does nothing.
        if state.recorder.current[source] == state.recorder.current[target] { break }
        let label = "rename '\(short(from, state))' to '\(short(to, state))'"
        state.recorder.record(.move(from: source, to: target), label)
      case (nil, _?), (_?, nil):
        // Over the border of the root it is a file that comes or goes: seen so.
        try state.recorder.noticeOthers()
      }
    }
  }

  package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
    try change { (state) throws(FileError) in
      try real.exchange(first, with: second)
      guard let one = slot(first, in: &state), let other = slot(second, in: &state) else {
        try state.recorder.noticeOthers()
        return
      }
      state.recorder.record(
        .exchange(one, other), "exchange '\(short(first, state))' with '\(short(second, state))'")
    }
  }

  package func link(_ from: FilePath, to: FilePath) throws(FileError) {
    try change { (state) throws(FileError) in
      try real.link(from, to: to)
      guard let target = slot(to, in: &state), let inode = state.recorder.inode(at: from) else {
        try state.recorder.noticeOthers()
        return
      }
      state.recorder.record(.link(target, inode), "link '\(short(from, state))' to '\(short(to, state))'")
    }
  }

  package func unlink(_ path: FilePath) throws(FileError) {
    try change { (state) throws(FileError) in
      try real.unlink(path)
      guard let slot = slot(path, in: &state) else { return }
      state.recorder.record(.remove(slot, emptied: nil), "remove '\(short(path, state))'")
    }
  }

  package func removeDirectory(_ path: FilePath) throws(FileError) {
    try change { (state) throws(FileError) in
      let inode = state.recorder.inode(at: path)
      try real.removeDirectory(path)
      guard let slot = slot(path, in: &state) else { return }
      state.recorder.record(.remove(slot, emptied: inode), "remove directory '\(short(path, state))'")
    }
  }

  package func synchronizeFile(_ path: FilePath) throws(FileError) {
    try change { (state) throws(FileError) in
      try real.synchronizeFile(path)
      recordSynchronization(&state, state.recorder.inode(at: path), path, isDirectory: false)
    }
  }

  package func synchronizeDirectory(_ path: FilePath) throws(FileError) {
    try change { (state) throws(FileError) in
      try real.synchronizeDirectory(path)
      recordSynchronization(&state, state.recorder.inode(at: path), path, isDirectory: true)
    }
  }

  private func open(
    _ operation: String, _ path: FilePath, _ work: () throws(FileError) -> any WritableFile
  ) throws(FileError) -> any WritableFile {
    var opened: (any WritableFile)?
    try change { (state) throws(FileError) in
      let isNew = state.recorder.inode(at: path) == nil
      let file = try work()
      opened = file
      guard let slot = slot(path, in: &state), let stamp = stamp(path) else { return }
      if isNew {
        let inode = state.recorder.bearFile(stamp)
        state.recorder.record(.make(slot, inode), "\(operation) '\(short(path, state))'")
      }
      guard let inode = state.recorder.current[slot] else { return }
      opened = RecordedFile(file, inode: inode, path: path, length: stamp.size, recording: self)
    }
    guard let opened else { preconditionFailure("opened or thrown") }
    return opened
  }

  /// Returns the recorded name at a path; nil outside the root.
  private func slot(_ path: FilePath, in state: inout State) -> DiskSlot? {
    let slot = state.recorder.slot(path)
    // A path below the root that the model cannot find leads through a link: its change would go unrecorded, and the
    // states would lie.
    precondition(
      slot != nil || state.recorder.relative(path) == nil || path.lexicallyNormalized() == root,
      "'\(path)' does not lead straight to a recorded directory")
    return slot
  }

  private func stamp(_ path: FilePath) -> DiskStamp? { path.withPlatformString { DiskStamp(path: $0) } }

  private func short(_ path: FilePath, _ state: State) -> FilePath { state.recorder.relative(path) ?? path }
}
