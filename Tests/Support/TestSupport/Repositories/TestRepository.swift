package import GitValues

/// A repository that a builder made, and the means to change it as a Git host would.
package struct TestRepository: Sendable {
  package let path: String
  private let oids: [BuiltObject: ObjectID]

  init(path: String, oids: [BuiltObject: ObjectID]) {
    self.path = path
    self.oids = oids
  }

  /// A repository that is there already.
  package init(existing path: String) { self.init(path: path, oids: [:]) }

  /// git, working in this repository.
  package var git: GitCommand { GitCommand(in: path) }

  /// Returns the oid of what the builder of this value made.
  package func oid(_ object: BuiltObject) -> ObjectID {
    if case .oid(let oid) = object { return oid }
    guard let oid = oids[object] else { preconditionFailure("\(object) was made by another builder") }
    return oid
  }

  /// Returns the oid of anything that `git rev-parse` understands.
  package func oid(_ revision: String) throws -> ObjectID {
    guard let oid = ObjectID(try git.run("rev-parse", "--verify", revision).text) else {
      throw TestSupportError("rev-parse \(revision) gave no oid")
    }
    return oid
  }

  /// Refs and HEAD as git has them.
  package func view() throws -> RefView { try GitCommand().view(path) }

  /// Adds objects, sets and deletes refs, moves HEAD; the value that comes back has the oids of the new marks.
  @discardableResult
  package func change(_ body: (inout RepositoryBuilder) throws -> Void) throws -> TestRepository {
    var builder = RepositoryBuilder(startingAt: 1_750_000_000)
    try body(&builder)
    return try builder.apply(to: self)
  }
}
