internal import Glibc
internal import Synchronization
package import SystemPackage
internal import TextBytes

/// The right to change a directory, held by at most one owner: flock(2) on a file in it.
///
/// Guarantees:
/// - At most one `OwnerLock` lives per lock file, over all processes of this machine and all threads of each.
/// - The kernel ends the lock with its process, however that dies; nothing stale is left that has to be broken.
/// - When it was taken, the path led to the locked file: a lock on a directory that was renamed away is not mistaken
///   for one on its successor.
///
/// Limitations: on network file systems flock(2) may bind only processes of one machine. The lock binds only those
/// who ask for it. The file stays when the lock is released (removing it would let two owners lock two files of one
/// name); it says in JSON which process holds it, as information, not as proof.
package final class OwnerLock: Sendable {
  private let path: FilePath
  /// Nil once released.
  private let descriptor: Mutex<CInt?>

  private init(path: FilePath, descriptor: CInt) {
    self.path = path
    self.descriptor = Mutex(descriptor)
  }

  deinit {
    release()
  }

  /// Takes the lock, waiting for the one who has it.
  ///
  /// Waiting is asking again in short steps, because flock(2) has no timeout and a blocked one could only be ended by
  /// a signal, which belongs to the whole process. The steps grow from 1 to 25 ms: a waiter costs 40 calls a second,
  /// and gets the lock 25 ms late at most. The order of waiters is not kept.
  ///
  /// - Parameters:
  ///   - path: the lock file, in a directory that exists. Made when missing (mode 0644 less the umask).
  ///   - wait: how long to wait for another owner; zero asks once.
  ///   - isCancelled: asked at each step.
  package static func acquire(
    path: FilePath, wait: Duration, isCancelled: () -> Bool = { false }
  ) throws(LockError) -> OwnerLock {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: wait)
    var step: CInt = 1
    while true {
      if isCancelled() { throw .cancelled }
      switch try attempt(path) {
      case .taken(let lock): return lock
      case .moved: continue
      case .held(let holder):
        let rest = deadline - clock.now
        guard rest > .zero else { throw .held(by: holder) }
        pause(milliseconds: step, atMost: rest)
        step = min(step * 2, 25)
      }
    }
  }

  /// Lets the lock go at once; a second call does nothing. Dropping the value does the same.
  package func release() {
    let taken = descriptor.withLock { descriptor in
      defer { descriptor = nil }
      return descriptor
    }
    guard let taken else { return }
    // Emptied while still locked, so that no process reads an owner that has gone. A failure leaves old news in the
    // file, which the next owner overwrites.
    _ = ftruncate(taken, 0)
    // Unlocked by name: a child that another thread is just forking has a copy of the descriptor until its exec, and
    // the lock lives as long as the last copy.
    _ = flock(taken, LOCK_UN)
    Glibc.close(taken)
  }

  /// True while the lock is held and its path still leads to the locked file. False means that the directory was
  /// renamed, removed or replaced by a process without the lock.
  package func stillGuardsPath() -> Bool {
    descriptor.withLock { descriptor in
      guard let descriptor else { return false }
      return OwnerLock.leads(path, to: descriptor)
    }
  }

  private enum Attempt {
    case taken(OwnerLock)
    case held(Holder?)
    /// The file was locked, but is no longer the one at the path.
    case moved
  }

  private static func attempt(_ path: FilePath) throws(LockError) -> Attempt {
    let descriptor = try open(path)
    guard retryingInterrupts({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 else {
      let code = lastErrno()
      let holder = code == .wouldBlock ? Holder.read(from: descriptor) : nil
      close(descriptor)
      guard code == .wouldBlock else { throw .failed(FileError(code, "lock", path)) }
      return .held(holder)
    }
    guard leads(path, to: descriptor) else {
      close(descriptor)
      return .moved
    }
    Holder.current().write(to: descriptor)
    return .taken(OwnerLock(path: path, descriptor: descriptor))
  }

  private static func open(_ path: FilePath) throws(LockError) -> CInt {
    do {
      return try openDescriptor(path, O_RDWR | O_CREAT, FilePermissions(rawValue: 0o644), "open the lock")
    } catch {
      let isGone = error.code == .noSuchFileOrDirectory || error.code == .notDirectory
      throw isGone ? .vanished : .failed(error)
    }
  }

  private static func leads(_ path: FilePath, to descriptor: CInt) -> Bool {
    var named = stat()
    var locked = stat()
    guard path.withPlatformString({ lstat($0, &named) }) == 0, fstat(descriptor, &locked) == 0 else { return false }
    return FileStatus(named).isSameFile(as: FileStatus(locked))
  }

  /// Sleeps in poll(2), which a signal ends early: then it is only asked sooner.
  private static func pause(milliseconds: CInt, atMost rest: Duration) {
    let (seconds, attoseconds) = rest.components
    let left = seconds >= 1 ? 1_000 : max(1, CInt(attoseconds / 1_000_000_000_000_000))
    _ = poll(nil, 0, min(milliseconds, left))
  }
}

extension OwnerLock {
  /// Who wrote itself into a lock file: `{"host":"…","pid":…,"since":"…"}`, one line.
  package struct Holder: Hashable, Sendable {
    /// The name of the machine, which distinguishes process ids on shared disks.
    package let host: String
    package let pid: Int32
    /// When the lock was taken: RFC 3339, UTC, whole seconds.
    package let since: String

    package init(host: String, pid: Int32, since: String) {
      self.host = host
      self.pid = pid
      self.since = since
    }

    /// The most bytes that a holder takes in its file.
    private static let maximumBytes = 1_024

    /// This process, now.
    static func current() -> Holder {
      Holder(host: hostName(), pid: getpid(), since: RFC3339.wholeSeconds(Int64(time(nil)) * 1_000))
    }

    /// Writes the line. It need not survive a crash, and a failure only makes a later error less precise: the lock
    /// itself is held.
    func write(to descriptor: CInt) {
      let line = Array("{\"host\":\"\(host)\",\"pid\":\(pid),\"since\":\"\(since)\"}\n".utf8)
      _ = ftruncate(descriptor, 0)
      _ = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// - Returns: nil when the file says nothing that was written by `write`: it may be half written at this moment.
    static func read(from descriptor: CInt) -> Holder? {
      let bytes = [UInt8](unsafeUninitializedCapacity: maximumBytes) { buffer, count in
        count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
      }
      return Holder(line: bytes)
    }

    /// Reads one line back. Foundation's JSON would be the only reason for this room to import Foundation, and of this
    /// file only our own lines have a meaning: other text is no holder.
    init?(line: [UInt8]) {
      let fields = line.split(separator: UInt8(ascii: "\"")).map { String(decoding: $0, as: UTF8.self) }
      // {  host  :  HOST  ,  pid  :PID,  since  :  SINCE  }\n
      guard fields.count == 11, fields[1] == "host", fields[5] == "pid", fields[7] == "since",
        fields[6].first == ":", fields[6].last == ",", let pid = Int32(fields[6].dropFirst().dropLast()),
        fields[3].allSatisfy(Holder.isPlain), fields[9].allSatisfy(Holder.isPlain)
      else { return nil }
      self.init(host: fields[3], pid: pid, since: fields[9])
    }

    /// Characters that need no escape in JSON and do no harm on a terminal.
    private static func isPlain(_ character: Character) -> Bool {
      character.isASCII && (character.isLetter || character.isNumber || ".:-_".contains(character))
    }

    private static func hostName() -> String {
      var buffer = [CChar](repeating: 0, count: 256)
      // The last byte stays zero: gethostname(2) may cut a long name without one.
      guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
      let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let plain = String(name.filter(isPlain))
      return plain.isEmpty ? "unknown" : plain
    }
  }
}

extension OwnerLock.Holder: CustomStringConvertible {
  package var description: String { "process \(pid) on \(host) since \(since)" }
}

/// Why a lock was not taken.
package enum LockError: Error, Hashable, Sendable {
  /// Another owner holds it and did not release it in time; nil when the file does not say who.
  case held(by: OwnerLock.Holder?)
  /// The caller gave up.
  case cancelled
  /// The directory of the lock file is not there (any more): it was renamed or removed. Look at the place anew.
  case vanished
  /// The file system refused.
  case failed(FileError)
}

extension LockError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .held(let holder?): "it is locked by \(holder) (wait for it, or give a longer wait)"
    case .held(nil): "it is locked by another process (wait for it, or give a longer wait)"
    case .cancelled: "waiting for the lock was cancelled"
    case .vanished: "the directory of the lock was renamed or removed meanwhile (run again)"
    case .failed(let error): error.description
    }
  }
}
