internal import Remora

/// Makes and looks at the content of a kind from outside, without the code that is tested.
protocol SampleContent: Sendable {
  /// Where the replicable lies below a root.
  func path(of id: ReplicableID, below root: String) -> String

  /// Makes it.
  func create(at path: String) throws

  /// Changes it, each time to something new.
  func change(at path: String) throws

  /// Tampers with a copy.
  func tamper(at path: String) throws

  /// Everything that equality is about, as text; `nil` when nothing stands there.
  func look(at path: String) throws -> String?
}
