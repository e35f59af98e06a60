import DurableFiles
import Glibc
import SystemPackage

extension DiskRecorder {
  /// The most bytes of one file that a recording holds.
  private static let maximumFileBytes = 256 << 20

  /// Compares the model with the real directory and records what others did to it (libgit2 writes packs and
  /// repositories past the port), as one step of operations that nobody has synchronised.
  ///
  /// Done before each operation of ours, so that both keep their order. Limits: changes in place that leave size and
  /// both time stamps alone go unseen, and of several changes of one name between two looks only the last is known.
  mutating func noticeOthers() throws(FileError) {
    let first = log.operations.count
    var seen: Set<DiskSlot> = []
    try noticePresent(in: DiskImage.root, root, &seen)
    noticeMissing(in: DiskImage.root, seen)
    close(from: first, "others change \(log.operations.count - first) things")
  }

  /// First half: what is there. Renames are told from new files here, before what is gone is looked at.
  private mutating func noticePresent(
    in directory: DiskInode, _ path: FilePath, _ seen: inout Set<DiskSlot>
  ) throws(FileError) {
    for entry in try real.entries(of: path) {
      let slot = DiskSlot(directory: directory, name: entry.name)
      let place = path.appending(entry.name)
      guard let status = try real.status(of: place) else { continue }
      seen.insert(slot)
      // Not by `??`: its autoclosure would lose the type of the error.
      let inode: DiskInode
      if let known = try known(slot, status) {
        inode = known
      } else {
        inode = try newcomer(slot, place, status)
      }
      switch status.kind {
      case .regular: try noticeContent(of: inode, place, status)
      case .directory: try noticePresent(in: inode, place, &seen)
      case .symbolicLink, .other: break
      }
    }
  }

  /// Second half: names of the model that were not seen, the inner ones first.
  private mutating func noticeMissing(in directory: DiskInode, _ seen: Set<DiskSlot>) {
    for (name, inode) in current.entries(of: directory) {
      let slot = DiskSlot(directory: directory, name: name)
      let isDirectory = if case .directory? = current[inode] { true } else { false }
      if isDirectory { noticeMissing(in: inode, seen) }
      if !seen.contains(slot) { append(.remove(slot, emptied: isDirectory ? inode : nil)) }
    }
  }

  /// The inode of a name that the model has, or has had under another name.
  private mutating func known(_ slot: DiskSlot, _ status: FileStatus) throws(FileError) -> DiskInode? {
    guard let inode = inode(of: status) else { return nil }
    if current[slot] == inode { return inode }
    var places: [(slot: DiskSlot, path: FilePath)] = []
    findPlaces(of: inode, in: DiskImage.root, root, &places)
    guard !places.isEmpty else { return nil }
    for place in places {
      if let there = try real.status(of: place.path), there.isSameFile(as: status) { continue }
      // Gone from there: renamed, unless the number was given to a new file, which tells by its size and time.
      if status.kind == .regular, let stamp = stamps[inode],
        stamp.size != status.size || stamp.modified != status.modified
      {
        return nil
      }
      append(.move(from: place.slot, to: slot))
      return inode
    }
    append(.link(slot, inode))
    return inode
  }

  private func findPlaces(
    of inode: DiskInode, in directory: DiskInode, _ path: FilePath, _ places: inout [(slot: DiskSlot, path: FilePath)]
  ) {
    for (name, found) in current.entries(of: directory) {
      let place = path.appending(name)
      if found == inode { places.append((DiskSlot(directory: directory, name: name), place)) }
      findPlaces(of: inode, in: found, place, &places)
    }
  }

  private mutating func newcomer(
    _ slot: DiskSlot, _ path: FilePath, _ status: FileStatus
  ) throws(FileError) -> DiskInode {
    let inode: DiskInode
    switch status.kind {
    case .regular: inode = bearFile(status)
    case .directory: inode = bear(.directory([:], status.permissions), status)
    case .symbolicLink: inode = bear(.link(target: try DiskRecorder.target(of: path)), status)
    case .other: throw FileError(.notSupported, "record", path, hint: "neither file, directory nor link")
    }
    append(.make(slot, inode))
    return inode
  }

  private mutating func noticeContent(
    of inode: DiskInode, _ path: FilePath, _ status: FileStatus
  ) throws(FileError) {
    if let stamp = stamps[inode], stamp.size == status.size, stamp.modified == status.modified,
      stamp.changed == status.changed
    {
      return
    }
    stamps[inode] = status
    guard let now = try real.contents(of: path, limit: DiskRecorder.maximumFileBytes),
      let before = current.content(of: inode)?.bytes, now != before
    else { return }
    if now.starts(with: before) {
      append(.write(inode, offset: before.count, bytes: Array(now[before.count...])))
    } else {
      append(.resize(inode, length: 0))
      append(.write(inode, offset: 0, bytes: now))
    }
  }

  private static func target(of path: FilePath) throws(FileError) -> FilePath {
    var buffer = [CChar](repeating: 0, count: 4_097)
    let count = path.withPlatformString { readlink($0, &buffer, buffer.count - 1) }
    guard count >= 0 else { throw FileError(Errno(rawValue: errno), "read the link", path) }
    return FilePath(platformString: buffer)
  }
}
