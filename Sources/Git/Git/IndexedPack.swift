/// A pack and its index, checked, named and on disk in the staging directory.
package struct IndexedPack: Hashable, Sendable {
  /// Absolute or relative as the staging directory was given.
  package let packPath: String
  package let indexPath: String
  /// The 40 hexadecimal digits after `pack-`: the pack's own checksum.
  package let name: String
  package let objectCount: Int
}
