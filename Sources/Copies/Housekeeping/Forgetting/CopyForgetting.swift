internal import DurableFiles
internal import Git
package import GitValues
package import Mirroring
package import SystemPackage
package import WorkerPool

/// Removes a leaked secret from one copy before its time. Synchronous; holds the copy's owner lock.
package struct CopyForgetting: Sendable {
  private let copy: FilePath
  private let wait: Duration
  private let environment: HousekeepingEnvironment
  private let cancellation: CancellationFlag

  package init(
    _ copy: FilePath, wait: Duration = .zero, environment: HousekeepingEnvironment = HousekeepingEnvironment(),
    cancellation: CancellationFlag
  ) {
    self.copy = copy
    self.wait = wait
    self.environment = environment
    self.cancellation = cancellation
  }

  private var attempt: String { "forget in '\(copy)'" }

  /// Removes the target, and returns what was removed and what remains.
  package func forget(_ target: ForgetTarget) throws(MirrorError) -> ForgetOutcome {
    let layout = CopyLayout(root: copy)
    do {
      try CopyInspection.requireCopy(at: copy, for: attempt, through: environment.files)
      try environment.files.makeDirectories(layout.own)
      let lock = try OwnerLock.acquire(
        path: layout.ownerLock, wait: wait, isCancelled: { [cancellation] in cancellation.isRaised })
      defer { lock.release() }
      var environment = environment
      environment.files = try SharedModeFileSystem.wrapping(environment.files, for: copy)
      var settings = HousekeepingSettings()
      settings.grace = .zero
      settings.retention = .zero
      let work = HousekeepingWork(
        layout, settings: settings, environment: environment, cancellation: cancellation, report: { _ in })
      var outcome = try work.forget(target)
      if case .object(let oid) = target { outcome.inTrash = try trashed(oid) }
      return outcome
    } catch let error as LockError {
      throw MirrorError(.busy, "\(attempt): \(error)")
    } catch {
      throw HousekeepingFailure.translate(error, attempt: attempt, copy: copy)
    }
  }

  /// Copies in the trash of an agent, in a directory above this copy, that have the object.
  private func trashed(_ oid: ObjectID) throws -> [String] {
    var found: [String] = []
    var directory = copy.removingLastComponent()
    while directory.lastComponent != nil {
      let trash = directory.appending(".remora-trash")
      if try environment.files.status(of: trash)?.kind == .directory {
        for entry in try environment.files.entries(of: trash) where entry.kind == .directory {
          let repository = trash.appending(entry.name).appending("repository.git")
          let objects = repository.appending("objects")
          guard try environment.files.status(of: objects) != nil else { continue }
          if try ObjectDatabase(objectsDirectory: objects.pathText).contains(oid) { found.append(repository.pathText) }
        }
      }
      directory.removeLastComponent()
    }
    return found
  }
}

/// What a copy is to forget.
package enum ForgetTarget: Hashable, Sendable {
  /// One object: a commit, a tag, a tree or a file's content.
  case object(ObjectID)
  /// All former values of a ref: a full name, or a short one such as `main`.
  case ref(String)

  /// 40 hexadecimal digits are an object, everything else is a ref.
  package init(_ text: String) {
    self = ObjectID(text).map(ForgetTarget.object) ?? .ref(text)
  }
}

extension ForgetTarget: CustomStringConvertible {
  package var description: String {
    switch self {
    case .object(let oid): oid.hex
    case .ref(let name): name
    }
  }
}

/// What came of it.
package struct ForgetOutcome: Sendable {
  /// Lines of the history that protected the objects.
  package var historyLines = 0
  /// Changes that were taken out of the journal.
  package var journalChanges = 0
  /// Objects that the copy had before and has no more.
  package var removedObjects = 0
  /// The remaining parts, each with the reason.
  package var remaining: [String] = []
  /// Copies in a trash beside this one that have the object.
  package var inTrash: [String] = []
}
