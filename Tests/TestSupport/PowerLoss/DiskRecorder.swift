import DurableFiles
import SystemPackage

/// Follows a real directory tree operation by operation. A value: `RecordingFileSystem` guards it.
struct DiskRecorder {
  /// Canonical, so that its own path leads through no link.
  let root: FilePath
  private(set) var log = DiskLog()
  /// The disk with everything applied: what the real directory holds.
  private(set) var current = DiskImage()
  /// What the real file system said about each inode when its content was last compared.
  var stamps: [DiskInode: FileStatus] = [:]
  private var identities: [Identity: DiskInode] = [:]
  private var simulator: DiskSimulator
  private var inodesMade = 0
  let real = RealFileSystem()

  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  /// Takes what is there now as durable.
  init(root: FilePath) throws(FileError) {
    self.root = root
    simulator = DiskSimulator(births: [:], contents: DiskContentPool())
    guard let status = try real.status(of: root) else {
      throw FileError(.noSuchFileOrDirectory, "record", root)
    }
    current[DiskImage.root] = .directory([:], status.permissions)
    _ = bear(.directory([:], status.permissions), status)
    try noticeOthers()
    log.start = current
    log.operations = []
    log.steps = []
    // Numbers of operations start anew, so what is remembered under them must go.
    simulator = DiskSimulator(births: log.births, contents: simulator.contents)
  }

  /// Adds operations and applies them.
  mutating func record(_ operations: [DiskOperation], _ label: String) {
    guard !operations.isEmpty else { return }
    let first = log.operations.count
    for operation in operations { append(operation) }
    close(from: first, label)
  }

  mutating func recordSynchronization(_ inode: DiskInode, _ label: String) {
    log.steps.append(DiskLog.Step(kind: .synchronization(inode), label: label))
  }

  mutating func recordMark(_ name: String) {
    log.steps.append(DiskLog.Step(kind: .mark(name), label: "mark '\(name)'"))
  }

  /// Adds one operation to a step that `close` ends.
  mutating func append(_ operation: DiskOperation) {
    simulator.apply(operation, number: log.operations.count, to: &current)
    log.operations.append(operation)
  }

  /// Ends a step with the operations since `first`, if there are any.
  mutating func close(from first: Int, _ label: String) {
    guard log.operations.count > first else { return }
    log.steps.append(DiskLog.Step(kind: .operations(first..<log.operations.count), label: label))
  }

  /// What crash states are built from.
  func simulation() -> (log: DiskLog, simulator: DiskSimulator) {
    (log, DiskSimulator(births: log.births, contents: simulator.contents))
  }

  /// A new inode of the model for one of the real disk.
  mutating func bear(_ node: DiskNode, _ status: FileStatus) -> DiskInode {
    let inode = DiskInode(number: inodesMade)
    inodesMade += 1
    log.births[inode] = node
    simulator.births[inode] = node
    identities[Identity(device: status.device, inode: status.inode)] = inode
    return inode
  }

  mutating func bearFile(_ status: FileStatus) -> DiskInode {
    bear(.file(simulator.contents.content([]), status.permissions), status)
  }

  /// The inode of the model that stands for a real one and still has a name.
  func inode(of status: FileStatus) -> DiskInode? {
    identities[Identity(device: status.device, inode: status.inode)]
  }

  /// The path below the root, or nil for one that is not there: what lies outside is not recorded.
  func relative(_ path: FilePath) -> FilePath? {
    var path = path.lexicallyNormalized()
    return path.removePrefix(root) ? path : nil
  }

  /// The name in its directory that a path stands for; nil outside the root and for the root itself.
  func slot(_ path: FilePath) -> DiskSlot? {
    guard let relative = relative(path), let name = relative.lastComponent,
      let directory = inode(below: relative.removingLastComponent())
    else { return nil }
    return DiskSlot(directory: directory, name: name)
  }

  /// The inode at a path; nil outside the root and where nothing is.
  func inode(at path: FilePath) -> DiskInode? {
    relative(path).flatMap { inode(below: $0) }
  }

  private func inode(below relative: FilePath) -> DiskInode? {
    var inode = DiskImage.root
    for name in relative.components {
      guard let next = current[DiskSlot(directory: inode, name: name)] else { return nil }
      inode = next
    }
    return inode
  }
}
