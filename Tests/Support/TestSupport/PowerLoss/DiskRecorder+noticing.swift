import DurableFiles
import Glibc
import SystemPackage

extension DiskRecorder {
  /// The most bytes of one file that a recording holds.
  private static let maximumFileBytes = 256 << 20

  /// Compares the model with the real directory and records what others did to it (libgit2 writes packs and
  /// repositories past the port), as one step of operations without fsync.
  ///
  /// Done before each operation of ours, so that both keep their order. Limits: changes in place that leave size and
  /// both time stamps alone go unseen, and of several changes of one name between two looks only the last is known.
  mutating func noticeOthers() throws(FileError) {
    let first = log.operations.count
    var seen: Set<DiskSlot> = []
    try noticePresent(in: DiskImage.root, DirectoryHandle(path: root), &seen)
    noticeMissing(in: DiskImage.root, seen)
    endStep(from: first, "others change \(log.operations.count - first) things")
  }

  /// First half: what is there. Renames are separated from new files here, before what is gone is looked at.
  private mutating func noticePresent(
    in directory: DiskInode, _ handle: borrowing DirectoryHandle, _ seen: inout Set<DiskSlot>
  ) throws(FileError) {
    for (text, stamp) in try handle.entries() {
      let slot = DiskSlot(directory: directory, name: name(text))
      seen.insert(slot)
      let inode: DiskInode
      if let known = known(slot, stamp) {
        inode = known
      } else {
        inode = try newcomer(text, handle, stamp)
        append(.make(slot, inode))
      }
      switch stamp.kind {
      case .regular: try noticeContent(of: inode, text, handle, stamp)
      case .directory: try noticePresent(in: inode, DirectoryHandle(text, in: handle), &seen)
      case .link, .other: break
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

  /// Returns the inode of a name that the model has, or has had under another name.
  private mutating func known(_ slot: DiskSlot, _ stamp: DiskStamp) -> DiskInode? {
    guard let inode = inode(of: stamp) else { return nil }
    if current[slot] == inode { return inode }
    var places: [(slot: DiskSlot, path: [CChar])] = []
    let start = root.withPlatformString { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
    findPlaces(of: inode, in: DiskImage.root, start, &places)
    guard !places.isEmpty else { return nil }
    for place in places {
      if DiskStamp(path: place.path)?.identity == stamp.identity { continue }
      // Gone from there: renamed, unless the number was given to a new file, which differs in its size and time.
      if stamp.kind == .regular, let last = stamps[inode],
        last.size != stamp.size || last.modified != stamp.modified
      {
        return nil
      }
      append(.move(from: place.slot, to: slot))
      return inode
    }
    append(.link(slot, inode))
    return inode
  }

  /// - Parameter path: of the directory, without a terminating zero.
  private func findPlaces(
    of inode: DiskInode, in directory: DiskInode, _ path: [CChar], _ places: inout [(slot: DiskSlot, path: [CChar])]
  ) {
    for (name, found) in current.entries(of: directory) {
      let place = path + [CChar(UInt8(ascii: "/"))] + log.names[name]
      if found == inode { places.append((DiskSlot(directory: directory, name: name), place)) }
      findPlaces(of: inode, in: found, place.dropLast(), &places)
    }
  }

  private mutating func newcomer(
    _ name: [CChar], _ handle: borrowing DirectoryHandle, _ stamp: DiskStamp
  ) throws(FileError) -> DiskInode {
    switch stamp.kind {
    case .regular: bearFile(stamp)
    case .directory: bear(.directory([:], stamp.permissions), stamp)
    case .link: bear(.link(target: try handle.target(of: name)), stamp)
    case .other: throw FileError(.notSupported, "record", root, hint: "it holds neither file, directory nor link")
    }
  }

  private mutating func noticeContent(
    of inode: DiskInode, _ name: [CChar], _ handle: borrowing DirectoryHandle, _ stamp: DiskStamp
  ) throws(FileError) {
    guard stamps[inode] != stamp else { return }
    stamps[inode] = stamp
    guard let now = try handle.contents(of: name, limit: DiskRecorder.maximumFileBytes),
      let before = current.content(of: inode)?.bytes
    else { return }
    let isExtended = DiskRecorder.starts(now, with: before)
    if isExtended, now.count == before.count { return }
    if isExtended {
      append(.write(inode, offset: before.count, bytes: Array(now[before.count...])))
    } else {
      append(.resize(inode, length: 0))
      append(.write(inode, offset: 0, bytes: now))
    }
  }

  /// By one comparison of memory: see `DiskContentPool`.
  private static func starts(_ bytes: [UInt8], with start: [UInt8]) -> Bool {
    guard bytes.count >= start.count, !start.isEmpty else { return start.isEmpty }
    return bytes.withUnsafeBytes { one in
      start.withUnsafeBytes { memcmp(one.baseAddress!, $0.baseAddress!, $0.count) == 0 }
    }
  }
}
