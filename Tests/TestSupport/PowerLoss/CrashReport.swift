/// What a walk over crash states saw.
package struct CrashReport: Sendable, CustomStringConvertible {
  /// States that were built, equal ones included, by step: at index 0 before the first step.
  package internal(set) var builtPerStep: [Int] = []
  /// States that were laid out and checked: different ones.
  package internal(set) var statesChecked = 0

  /// All states that were built.
  package var statesBuilt: Int { builtPerStep.reduce(0, +) }

  package var description: String {
    "\(statesBuilt) states built over \(builtPerStep.count) steps, \(statesChecked) different ones checked"
  }
}
