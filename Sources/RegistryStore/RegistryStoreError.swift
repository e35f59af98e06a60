/// What went wrong with a registry or a file of primary states: what was tried, on which file, what the layer below said, what to do next.
package struct RegistryStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line, without secrets.
  package let description: String

  package init(_ description: String) { self.description = description }
}
