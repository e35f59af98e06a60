internal import Foundation

/// What a delivery says of one repository.
package struct ForgeNotice: Hashable, Sendable {
  /// What happened.
  package enum Word: String, Sendable {
    /// Refs moved.
    case push
    /// Something about it changed, or it is new.
    case update
    /// The forge says that it is gone. The agent verifies that before it believes it.
    case destroy
  }

  /// One moved ref, where the forge names both its oids.
  package struct Move: Hashable, Sendable {
    package let ref: String
    /// Forty zeros for none.
    package let old: String
    package let new: String
  }

  package let word: Word
  /// Owner and name as the forge writes them: `group/subgroup/name`.
  package let fullName: String
  package var moves: [Move] = []

  package init(_ word: Word, _ fullName: String, moves: [Move] = []) {
    self.word = word
    self.fullName = fullName
    self.moves = moves
  }
}

extension Forge {
  /// A body that is not what the forge would send.
  package struct UnreadablePayload: Error, CustomStringConvertible {
    package let description: String
  }

  /// Returns the notices of a payload: none for an event that concerns neither refs nor the existence of repositories.
  ///
  /// - Parameter event: in the forge's words, from the header.
  /// - Throws: `UnreadablePayload` for anything but a JSON object.
  package func notices(of body: [UInt8], event: String) throws(UnreadablePayload) -> [ForgeNotice] {
    let payload: Payload
    do {
      payload = try JSONDecoder().decode(Payload.self, from: Data(body))
    } catch {
      // The decoder's words quote the payload.
      throw UnreadablePayload(description: "it is not the JSON of \(rawValue)")
    }
    return switch self {
    case .gitHub, .gitea: payload.noticesOfGitHub(event)
    case .gitLab: payload.noticesOfGitLab()
    }
  }
}

/// The members of the forges' payloads that matter here; none is certain to be there.
private struct Payload: Decodable {
  struct Repository: Decodable {
    let full_name: String?
  }
  struct Project: Decodable {
    let path_with_namespace: String?
  }
  struct Changes: Decodable {
    struct Renaming: Decodable {
      struct Name: Decodable { let from: String? }
      let name: Name?
    }
    struct Owner: Decodable {
      struct From: Decodable {
        struct Login: Decodable { let login: String? }
        let user: Login?
        let organization: Login?
      }
      let from: From?
    }
    let repository: Renaming?
    let owner: Owner?
  }

  let action: String?
  let repository: Repository?
  /// GitHub's is an object, GitLab's system hooks have a list in its place.
  let changes: Changes?
  let ref: String?
  let before: String?
  let after: String?
  // GitLab
  let object_kind: String?
  let event_name: String?
  let project: Project?
  let path_with_namespace: String?
  let old_path_with_namespace: String?

  private enum CodingKeys: String, CodingKey {
    case action, repository, changes, ref, before, after, object_kind, event_name, project, path_with_namespace
    case old_path_with_namespace
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    // A member of another shape than expected says nothing, and the others still do.
    func value<Value: Decodable>(_ key: CodingKeys) -> Value? { try? values.decodeIfPresent(Value.self, forKey: key) }
    action = value(.action)
    repository = value(.repository)
    changes = value(.changes)
    ref = value(.ref)
    before = value(.before)
    after = value(.after)
    object_kind = value(.object_kind)
    event_name = value(.event_name)
    project = value(.project)
    path_with_namespace = value(.path_with_namespace)
    old_path_with_namespace = value(.old_path_with_namespace)
  }

  func noticesOfGitHub(_ event: String) -> [ForgeNotice] {
    guard let name = repository?.full_name else { return [] }
    switch event {
    case "push": return [ForgeNotice(.push, name, moves: moves)]
    case "create", "delete": return [ForgeNotice(.push, name)]
    case "repository":
      if action == "deleted" { return [ForgeNotice(.destroy, name)] }
      return [ForgeNotice(.update, name)] + formerName(of: name).map { ForgeNotice(.destroy, $0) }.listed
    default: return []
    }
  }

  /// Before it was renamed, or given to another owner.
  private func formerName(of name: String) -> String? {
    guard let slash = name.lastIndex(of: "/") else { return nil }
    if action == "renamed", let old = changes?.repository?.name?.from { return "\(name[..<slash])/\(old)" }
    let owner = changes?.owner?.from
    if action == "transferred", let old = owner?.user?.login ?? owner?.organization?.login {
      return "\(old)\(name[slash...])"
    }
    return nil
  }

  func noticesOfGitLab() -> [ForgeNotice] {
    let kind = object_kind ?? event_name
    switch kind {
    case "push", "tag_push", "repository_update":
      return (project?.path_with_namespace).map { ForgeNotice(.push, $0, moves: moves) }.listed
    case "project_create": return path_with_namespace.map { ForgeNotice(.update, $0) }.listed
    case "project_destroy": return path_with_namespace.map { ForgeNotice(.destroy, $0) }.listed
    case "project_rename", "project_transfer":
      return path_with_namespace.map { ForgeNotice(.update, $0) }.listed
        + old_path_with_namespace.map { ForgeNotice(.destroy, $0) }.listed
    default: return []
    }
  }

  private var moves: [ForgeNotice.Move] {
    guard let ref, let before, let after, ref.hasPrefix("refs/"), Self.isOID(before), Self.isOID(after) else {
      return []
    }
    return [ForgeNotice.Move(ref: ref, old: before, new: after)]
  }

  private static func isOID(_ text: String) -> Bool {
    text.utf8.count == 40 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

extension Optional<ForgeNotice> {
  /// One, or none.
  fileprivate var listed: [ForgeNotice] { map { [$0] } ?? [] }
}
