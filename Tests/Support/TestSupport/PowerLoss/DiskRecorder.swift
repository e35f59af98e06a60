import DurableFiles
import Glibc
import SystemPackage

/// Follows a real directory tree operation by operation. A value: `RecordingFileSystem` guards it.
struct DiskRecorder {
  /// Canonical, so that its own path leads through no link.
  let root: FilePath
  private(set) var log = DiskLog()
  /// The disk with everything applied: what the real directory holds.
  private(set) var current = DiskImage()
  /// What the real file system said about each inode when its content was last compared.
  var stamps: [DiskInode: DiskStamp] = [:]
  private var identities: [DiskStamp.Identity: DiskInode] = [:]
  private var simulator: DiskSimulator
  private var inodesMade = 0

  /// Takes what is there now as durable.
  init(root: FilePath) throws(FileError) {
    self.root = root
    simulator = DiskSimulator(births: [:], contents: DiskContentPool())
    guard let stamp = root.withPlatformString({ DiskStamp(path: $0) }) else {
      throw FileError(.noSuchFileOrDirectory, "record", root)
    }
    let inode = bear(.directory([:], stamp.permissions), stamp)
    current[inode] = log.births[inode]
    try noticeOthers()
    log.start = current
    log.operations = []
    log.steps = []
    // Numbers of operations start anew, so what is remembered under them must go.
    simulator = DiskSimulator(births: log.births, contents: simulator.contents)
  }

  /// Adds one operation as one step.
  mutating func record(_ operation: DiskOperation, _ label: String) {
    append(operation)
    endStep(from: log.operations.count - 1, label)
  }

  mutating func recordSynchronization(_ inode: DiskInode, _ label: String) {
    log.steps.append(DiskLog.Step(kind: .synchronization(inode), label: label))
  }

  mutating func recordMark(_ name: String) {
    log.steps.append(DiskLog.Step(kind: .mark(name), label: "mark '\(name)'"))
  }

  /// Adds one operation to a step that `endStep` ends.
  mutating func append(_ operation: DiskOperation) {
    simulator.apply(operation, number: log.operations.count, to: &current)
    log.operations.append(operation)
  }

  /// Ends a step with the operations since `first`, if there are any.
  mutating func endStep(from first: Int, _ label: String) {
    guard log.operations.count > first else { return }
    log.steps.append(DiskLog.Step(kind: .operations(first..<log.operations.count), label: label))
  }

  /// Returns what crash states are built from.
  func simulation() -> (log: DiskLog, simulator: DiskSimulator) {
    (log, DiskSimulator(births: log.births, contents: simulator.contents))
  }

  /// Returns a new inode of the model for one of the real disk.
  mutating func bear(_ node: DiskNode, _ stamp: DiskStamp) -> DiskInode {
    let inode = DiskInode(number: inodesMade)
    inodesMade += 1
    log.births[inode] = node
    simulator.births[inode] = node
    identities[stamp.identity] = inode
    return inode
  }

  mutating func bearFile(_ stamp: DiskStamp) -> DiskInode {
    bear(.file(simulator.contents.content([]), stamp.permissions), stamp)
  }

  /// Returns the inode of the model that last stood for a real one; it may have lost its names since.
  func inode(of stamp: DiskStamp) -> DiskInode? { identities[stamp.identity] }

  mutating func name(_ text: [CChar]) -> DiskName { log.names.name(text) }

  /// Returns the path below the root, or nil for one that is not there: what lies outside is not recorded.
  func relative(_ path: FilePath) -> FilePath? {
    var path = path.lexicallyNormalized()
    return path.removePrefix(root) ? path : nil
  }

  /// Returns the name in its directory that a path stands for; nil outside the root and for the root itself.
  mutating func slot(_ path: FilePath) -> DiskSlot? {
    guard let relative = relative(path), let name = relative.lastComponent,
      let directory = inode(below: relative.removingLastComponent())
    else { return nil }
    return DiskSlot(directory: directory, name: log.names.name(name))
  }

  /// Returns the inode at a path; nil outside the root and where nothing is.
  mutating func inode(at path: FilePath) -> DiskInode? {
    guard let relative = relative(path) else { return nil }
    return inode(below: relative)
  }

  private mutating func inode(below relative: FilePath) -> DiskInode? {
    var inode = DiskImage.root
    for component in relative.components {
      guard let next = current[DiskSlot(directory: inode, name: log.names.name(component))] else { return nil }
      inode = next
    }
    return inode
  }
}
