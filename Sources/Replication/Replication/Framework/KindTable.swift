/// The kinds of a site with their members, by name.
struct KindTable<Member: Sendable>: Sendable {
  private let members: [ReplicableName: Member]
  let names: [ReplicableName]

  /// - Throws: `ReplicationError.duplicateName`.
  init(_ members: [Member], name: (Member) -> ReplicableName) throws(ReplicationError) {
    var table: [ReplicableName: Member] = [:]
    for member in members {
      guard table.updateValue(member, forKey: name(member)) == nil else { throw .duplicateName(name(member)) }
    }
    self.members = table
    names = members.map(name)
  }

  /// - Throws: `ReplicationError.unknownReplicable`.
  func member(_ name: ReplicableName) throws(ReplicationError) -> Member {
    guard let member = members[name] else { throw .unknownReplicable(name.text) }
    return member
  }

  var all: [Member] { names.compactMap { members[$0] } }
}
