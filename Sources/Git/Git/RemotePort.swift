package import GitValues

/// What must stand behind libgit2's remote: the other half of its transport socket, in Swift.
///
/// Called on the thread that drives the `Remote`, one call at a time, in the order of the declarations; `connect` at
/// most once, `negotiate` and `downloadPack` in pairs, `close` once and last, also after a failure. Whatever it throws
/// comes out of the `Remote` as the same value.
package protocol RemotePort: AnyObject {
  /// Opens the conversation and lists the refs.
  func connect(to url: String) throws
  /// Returns the listed refs. Broken refs are passed on as they are.
  func view() throws -> RefView
  /// Says which objects are wanted: each once, never none.
  func negotiate(wants: [ObjectID]) throws
  /// Transfers the pack. `report` may throw to cancel; that error must be let through.
  func downloadPack(_ report: (RemoteProgress) throws -> Void) throws
  /// Ends the conversation. Must not fail: no caller is left that could handle an error.
  func close()
}
