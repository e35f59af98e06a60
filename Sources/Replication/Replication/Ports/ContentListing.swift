/// The content that is compared for equality, as lines of name and value in bytewise order of the names: the refs and
/// HEAD of a repository, the one digest of a file.
///
/// All names lie in one buffer and all values in another: a million refs do not need a million allocations.
public struct ContentListing: Hashable, Sendable {
  private var names: [UInt8] = []
  private var nameEnds: [Int] = []
  private var values: [UInt8] = []
  private var valueEnds: [Int] = []
  /// The digest of the whole, as the strategy defines it; `nil` when it has none (a name is unknown).
  public var checksum: Checksum?
  /// Names whose value the listing lacks, such as an unborn HEAD over an old protocol: left out of every comparison.
  public var unknownNames: Set<String> = []

  /// An empty listing.
  public init() {}

  /// How many lines.
  public var count: Int { nameEnds.count }

  /// Adds a line. Its name must come after the last one.
  public mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
    names.append(contentsOf: name)
    nameEnds.append(names.count)
    values.append(contentsOf: value)
    valueEnds.append(values.count)
    let last = count - 1
    precondition(last == 0 || self.name(last - 1).lexicographicallyPrecedes(self.name(last)), "lines in order of names")
  }

  /// The name of a line.
  public func name(_ index: Int) -> ArraySlice<UInt8> {
    names[(index == 0 ? 0 : nameEnds[index - 1])..<nameEnds[index]]
  }

  /// The value of a line.
  public func value(_ index: Int) -> ArraySlice<UInt8> {
    values[(index == 0 ? 0 : valueEnds[index - 1])..<valueEnds[index]]
  }
}

/// One line in which a copy and its primary differ.
public struct Difference: Hashable, Sendable {
  /// The ref's name, `HEAD`, or `content` of a file.
  public var name: String
  /// The primary's value; `nil` when it has no such line.
  public var expected: String?
  /// The copy's value; `nil` when it has no such line.
  public var found: String?

  /// A difference.
  public init(name: String, expected: String?, found: String?) {
    self.name = name
    self.expected = expected
    self.found = found
  }
}

/// Keeps the refs that differed at the last mismatch, to be shown.
public protocol DifferenceStoring: Sendable {
  /// Replaces the stored differences of a replicable; an empty list removes them. At most the first thousand are kept.
  func record(_ differences: [Difference], of id: ReplicableID) async throws

  /// Returns the stored differences; empty when nothing differed.
  func differences(of id: ReplicableID) async throws -> [Difference]
}
