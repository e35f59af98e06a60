internal import CLibgit2
internal import GitValues
internal import Glibc

/// A ref view as libgit2's `ls` hands it over: an array of pointers to `git_remote_head`, all in one allocation.
///
/// `HEAD` comes first, then the refs in their order, the peeled value of a tag right behind it as `NAME^{}`, as a git
/// server lists them. What the C struct has no word for is agreed between the two halves of this file:
///
/// | `Head`     | oid  | symref target |
/// |------------|------|---------------|
/// | symbolic   | oid  | branch        |
/// | unborn     | zero | branch        |
/// | detached   | oid  | none          |
/// | unknown    | no entry at all      |
///
/// Broken refs do not go through it: they have no oid.
final class RemoteHeads {
  let pointers: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>
  let count: Int
  private let memory: UnsafeMutableRawBufferPointer

  private static let peeledSuffix: StaticString = "^{}"

  /// - Precondition: no name holds a NUL; `TransportBox` sorts those out as broken.
  init(_ view: RefView) {
    var count = view.head == .unknown ? 0 : 1
    var nameBytes = view.head == .unknown ? 0 : "HEAD".utf8.count + 1
    nameBytes += view.head.target.map { $0.bytes.count + 1 } ?? 0
    for index in 0..<view.refs.count {
      let length = view.refs.withName(at: index) { $0.count }
      let isPeeled = view.refs.peeled(at: index) != nil
      count += isPeeled ? 2 : 1
      nameBytes += length + 1 + (isPeeled ? length + Self.peeledSuffix.utf8CodeUnitCount + 1 : 0)
    }
    let pointerBytes = count * MemoryLayout<UnsafePointer<git_remote_head>?>.stride
    let headBytes = count * MemoryLayout<git_remote_head>.stride
    memory = .allocate(
      byteCount: max(1, pointerBytes + headBytes + nameBytes), alignment: MemoryLayout<git_remote_head>.alignment)
    guard let base = memory.baseAddress else { preconditionFailure("memory of one byte or more has an address") }
    pointers = base.bindMemory(to: UnsafePointer<git_remote_head>?.self, capacity: count)
    self.count = count
    var writer = Writer(
      pointers: pointers, heads: (base + pointerBytes).bindMemory(to: git_remote_head.self, capacity: count),
      names: (base + pointerBytes + headBytes).assumingMemoryBound(to: CChar.self))
    writer.append(view.head)
    for index in 0..<view.refs.count {
      view.refs.withName(at: index) { name in
        writer.append(name, oid: view.refs.oid(at: index))
        if let peeled = view.refs.peeled(at: index) {
          writer.append(name, suffix: Self.peeledSuffix, oid: peeled)
        }
      }
    }
  }

  deinit { memory.deallocate() }

  /// Reads back what libgit2 hands over; the other half of `init(_:)`.
  static func view(_ heads: UnsafePointer<UnsafePointer<git_remote_head>?>?, count: Int, broken: [BrokenRef]) -> RefView
  {
    var view = RefView(head: .unknown, refs: RefListing(), broken: broken)
    guard let heads else { return view }
    var nameBytes = 0
    for index in 0..<count { nameBytes += heads[index]?.pointee.name.map { strlen($0) } ?? 0 }
    view.refs.reserveCapacity(refs: count, nameBytes: nameBytes)
    for index in 0..<count {
      guard let head = heads[index], let start = head.pointee.name else { continue }
      let name = UnsafeRawBufferPointer(start: start, count: strlen(start))
      let oid = ObjectID(head.pointee.oid)
      if name.elementsEqual("HEAD".utf8) {
        view.head = self.head(oid, target: head.pointee.symref_target)
      } else if name.count > 3, name.suffix(3).elementsEqual("^{}".utf8) {
        view.refs.setPeeledOfLast(oid)
      } else {
        view.refs.append(name: name, oid: oid)
      }
    }
    view.refs.sort()
    return view
  }

  private static func head(_ oid: ObjectID, target: UnsafeMutablePointer<CChar>?) -> Head {
    guard let target else { return .detached(oid) }
    let name = ReferenceName(bytes: Array(UnsafeRawBufferPointer(start: target, count: strlen(target))))
    return oid.isZero ? .unborn(target: name) : .symbolic(target: name, oid: oid)
  }
}

extension RemoteHeads {
  /// Fills the three parts of the allocation from front to back.
  private struct Writer {
    let pointers: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>
    let heads: UnsafeMutablePointer<git_remote_head>
    var names: UnsafeMutablePointer<CChar>
    var index = 0

    mutating func append(_ head: Head) {
      switch head {
      case .symbolic(let target, let oid): appendHEAD(oid, target: target)
      case .unborn(let target): appendHEAD(.zero, target: target)
      case .detached(let oid): appendHEAD(oid, target: nil)
      case .unknown: break
      }
    }

    private mutating func appendHEAD(_ oid: ObjectID, target: ReferenceName?) {
      "HEAD".utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0), oid: oid) }
      guard let target else { return }
      heads[index - 1].symref_target = target.bytes.withUnsafeBytes { store($0) }
    }

    mutating func append(_ name: UnsafeRawBufferPointer, suffix: StaticString = "", oid: ObjectID) {
      var head = git_remote_head()
      head.oid = oid.gitOID
      head.name = store(name, suffix: suffix)
      heads.advanced(by: index).initialize(to: head)
      pointers.advanced(by: index).initialize(to: UnsafePointer(heads + index))
      index += 1
    }

    /// Copies a name and ends it with NUL.
    private mutating func store(
      _ name: UnsafeRawBufferPointer, suffix: StaticString = ""
    ) -> UnsafeMutablePointer<CChar> {
      let start = names
      if let source = name.baseAddress { memcpy(names, source, name.count) }
      memcpy(names + name.count, suffix.utf8Start, suffix.utf8CodeUnitCount)
      names += name.count + suffix.utf8CodeUnitCount
      names.pointee = 0
      names += 1
      return start
    }
  }
}
