/// The operations of a recording that a loss of power may still undo, and which need which.
struct VolatileOperations {
  private let operations: [DiskOperation]
  /// What each volatile operation still waits for.
  private var needs: [Int: Set<DiskInode>] = [:]
  /// The operations before it without which each cannot be: the last ones on its names, and for the removal of a
  /// directory all within it.
  private var requirements: [Int: Set<Int>] = [:]
  private var lastOnSlot: [DiskSlot: Int] = [:]
  /// Those not synchronised, in their order.
  private(set) var numbers: [Int] = []

  init(_ operations: [DiskOperation]) {
    self.operations = operations
  }

  /// Numbers come in order.
  mutating func add(_ number: Int) {
    let operation = operations[number]
    needs[number] = operation.needs
    var required = Set(operation.slots.compactMap { lastOnSlot[$0] })
    if case .remove(_, let emptied?) = operation {
      required.formUnion(numbers.filter { operations[$0].slots.contains { $0.directory == emptied } })
    }
    requirements[number] = required
    for slot in operation.slots { lastOnSlot[slot] = number }
    numbers.append(number)
  }

  /// Something was synchronised.
  ///
  /// - Returns: the operations that are durable now, in their order: those that waited only for it, and those that
  ///   they need (a rename cannot be on the disk without the file that it renamed).
  mutating func settle(_ inode: DiskInode) -> [Int] {
    var settled: Set<Int> = []
    for number in numbers where needs[number]?.remove(inode) != nil && needs[number]?.isEmpty == true {
      settled.formUnion(requirements(of: number))
    }
    let durable = numbers.filter { settled.contains($0) }
    numbers.removeAll { settled.contains($0) }
    return durable
  }

  /// Returns the operation and all volatile ones that it needs.
  func requirements(of number: Int) -> Set<Int> {
    let volatile = Set(numbers)
    var all: Set<Int> = [number]
    var open = [number]
    while let next = open.popLast() {
      for required in requirements[next] ?? [] where volatile.contains(required) && all.insert(required).inserted {
        open.append(required)
      }
    }
    return all
  }

  /// Returns the operation and all volatile ones that need it.
  func dependents(of number: Int) -> Set<Int> {
    var lost: Set<Int> = [number]
    for later in numbers where later > number {
      if !(requirements[later] ?? []).isDisjoint(with: lost) { lost.insert(later) }
    }
    return lost
  }

  func isWrite(_ number: Int) -> Bool {
    if case .write = operations[number] { true } else { false }
  }

  /// Returns the file whose content the operation changes.
  func content(_ number: Int) -> DiskInode? { operations[number].changedContent }
}
