internal import CLibgit2

extension GitError {
  /// What kind of failure. Open, because a C library may answer with an unknown number.
  ///
  /// Negative numbers are libgit2's own (`git2/errors.h`), positive ones are this room's.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// libgit2 gave no more than "failed"; look at the class.
    package static let generic = Code(rawValue: GIT_ERROR.rawValue)
    /// The object, file or entry does not exist.
    package static let notFound = Code(rawValue: GIT_ENOTFOUND.rawValue)
    package static let exists = Code(rawValue: GIT_EEXISTS.rawValue)
    /// A callback of ours stopped the call.
    package static let user = Code(rawValue: GIT_EUSER.rawValue)
    package static let invalidSpec = Code(rawValue: GIT_EINVALIDSPEC.rawValue)
    /// A `.lock` file is in the way.
    package static let locked = Code(rawValue: GIT_ELOCKED.rawValue)
    package static let iterationOver = Code(rawValue: GIT_ITEROVER.rawValue)

    /// The directory is not a git repository, or not one that can stand alone.
    package static let notARepository = Code(rawValue: 1)
    /// The repository belongs to another user.
    package static let notOwned = Code(rawValue: 2)
    /// The repository names its objects by something else than SHA-1.
    package static let unsupportedObjectFormat = Code(rawValue: 3)
    /// The repository says that one must understand something which libgit2 1.5.1 does not.
    package static let unsupportedExtension = Code(rawValue: 4)
    /// An object is there but its bytes cannot be read back.
    package static let objectCorrupt = Code(rawValue: 5)
    /// Bytes of an object do not have the form of its type.
    package static let malformed = Code(rawValue: 6)
    /// A pack is damaged, incomplete, thin, or holds an object twice.
    package static let packCorrupt = Code(rawValue: 7)
    /// A cap of ours was passed.
    package static let limitExceeded = Code(rawValue: 8)
    /// The filesystem is full, or the user's share of it.
    package static let noSpace = Code(rawValue: 9)
    /// Another thread stopped it.
    package static let interrupted = Code(rawValue: 10)
    /// A pack has deltas whose bases are not in it.
    package static let packThin = Code(rawValue: 11)
  }

  /// The part of libgit2 that an error came from (`git_error_t`). Open like `Code`.
  package struct ErrorClass: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    init(_ value: git_error_t) { rawValue = Int32(bitPattern: value.rawValue) }

    /// No word from libgit2.
    package static let none = ErrorClass(GIT_ERROR_NONE)
    package static let memory = ErrorClass(GIT_ERROR_NOMEMORY)
    package static let operatingSystem = ErrorClass(GIT_ERROR_OS)
    package static let filesystem = ErrorClass(GIT_ERROR_FILESYSTEM)
    package static let objectDatabase = ErrorClass(GIT_ERROR_ODB)
    package static let indexer = ErrorClass(GIT_ERROR_INDEXER)
    package static let configuration = ErrorClass(GIT_ERROR_CONFIG)
    package static let callback = ErrorClass(GIT_ERROR_CALLBACK)
  }
}
