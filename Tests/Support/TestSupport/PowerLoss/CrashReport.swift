/// What a walk over crash states saw.
package struct CrashReport: Sendable, CustomStringConvertible {
  /// All states that were built, equal ones included.
  package internal(set) var statesBuilt = 0
  /// States that were laid out and checked: different ones.
  package internal(set) var statesChecked = 0
  /// Of those, states that only the removal of an fsync made possible.
  package internal(set) var statesOfRemovals = 0
  /// Fsync calls that were taken away in turn.
  package internal(set) var synchronizationsRemoved = 0

  package var description: String {
    var text = "\(statesBuilt) states built, \(statesChecked) different ones checked"
    if synchronizationsRemoved > 0 {
      text += ", \(statesOfRemovals) of them for \(synchronizationsRemoved) fsyncs that were removed in turn"
    }
    return text
  }
}
