/// One name in a directory, as a number: states are compared by the thousand, and a `FilePath` costs tens of
/// microseconds in a debug build.
struct DiskName: Hashable, Sendable {
  let number: Int
}
