package import Replication

/// One kind with its place on a site. A kind that is declared in Swift and one that is configured give the same value,
/// so nothing behind a plan distinguishes them.
package struct KindPlan: Sendable {
  /// The kind, with the steps that a replicator replaces.
  package var kind: Kind
  /// The directory that holds the replicables, or the copies. Absolute.
  package var root: String
  /// Which directories or files below the root belong to the kind.
  package var selection: SelectiveSync
  /// From where a secondary fetches; `nil` is the primary.
  package var address: AddressTemplate?
  /// Directories outside of the root to which links below it may lead.
  package var allowedRoots: [String] = []

  /// A kind that is declared in Swift.
  package init<R: Replicator>(
    _ type: R.Type, root: String, selection: SelectiveSync = .everything, address: AddressTemplate? = nil
  ) {
    kind = Kind(type)
    self.root = root
    self.selection = selection
    self.address = address
  }

  /// A kind that only a configuration names.
  package init(_ configuration: KindConfiguration) {
    kind = configuration.kind
    root = configuration.root
    selection = configuration.selection
    address = configuration.address
  }

  /// The kind's name.
  package var name: ReplicableName { kind.name }
  /// How it is stored.
  package var dataType: DataType { kind.dataType }

  /// Returns from where a secondary in this process fetches a replicable: its address, or where it lies below the root.
  func source(of id: ReplicableID) -> SourceAddress {
    if let address { return SourceAddress(location: address.url(of: id)) }
    return SourceAddress(location: "\(root)/\(id)\(dataType == .repository ? ".git" : "")")
  }
}
