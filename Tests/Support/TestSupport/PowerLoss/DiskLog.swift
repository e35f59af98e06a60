/// What was recorded: the disk at the beginning and all that happened to it, in order.
struct DiskLog: Sendable {
  /// One thing that the code under test did, or a batch that others did meanwhile. Power is lost between steps.
  struct Step: Sendable {
    enum Kind: Sendable {
      case operations(Range<Int>)
      case synchronization(DiskInode)
      case mark(String)
    }

    let kind: Kind
    /// For the reader of a failing test.
    let label: String
  }

  /// All of it is durable.
  var start = DiskImage()
  var names = DiskNameTable()
  var births: [DiskInode: DiskNode] = [:]
  var operations: [DiskOperation] = []
  var steps: [Step] = []
}
