internal import Foundation
internal import GitTransport
internal import GitValues
internal import Mirroring
package import Replication
internal import TextBytes

/// Repositories of a host that no agent stands beside: which there are, and where.
package struct RepositoryList: Hashable, Sendable {
  /// One repository.
  package struct Entry: Hashable, Sendable {
    /// From where it is fetched.
    package var location: String
    /// Changes with its refs, where the list has it (grokmirror's); `nil` where only the repository itself can.
    package var fingerprint: String?
    /// The list no longer names it, and its host was not asked yet: grokmirror names no repository without refs.
    package var isLeftOut = false
  }

  package var entries: [ReplicableID: Entry] = [:]
  /// The entries that were left out, with the reason.
  package var skipped: [DirectoryCatalog.Skipped] = []

  /// The address of a repository that the list left out; `nil` where a list leaves out only removed repositories.
  private var address: AddressTemplate?

  package init() {}

  /// Reads a list: `ID URL` a line; blank lines and those that begin with `#` say nothing.
  package init(list bytes: [UInt8]) {
    if let encoding = TextLines.foreignEncoding(of: bytes) {
      skip("line 1", "the encoding of the list is \(encoding); save it as UTF-8")
      return
    }
    for (number, line) in TextLines.split(bytes).enumerated() {
      let words = TextLines.words(line).map { String(decoding: $0, as: UTF8.self) }
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      let place = "line \(number + 1)"
      guard words.count == 2 else {
        skip(place, "not an id and a URL")
        continue
      }
      // A relative path would be looked up wherever the agent was started, and any two words are one.
      guard Self.isAddress(words[1]) else {
        skip(place, "'\(words[1].prefix(100))' is neither a URL nor an absolute path")
        continue
      }
      add(words[0], words[1], fingerprint: nil, place)
    }
  }

  /// `SCHEME://…`, `[USER@]HOST:PATH` or an absolute path.
  private static func isAddress(_ text: String) -> Bool {
    if text.hasPrefix("/") || text.contains("://") { return true }
    let beforeSlash = text.prefix { $0 != "/" }
    return beforeSlash.contains(":") && !beforeSlash.hasPrefix(".") && !beforeSlash.hasPrefix(":")
  }

  /// Reads a manifest of grokmirror's: a JSON object of paths, each with the fingerprint of its refs. An id is a path
  /// without its first slash and its `.git`.
  ///
  /// - Parameter address: from where the repository of an id is fetched.
  /// - Throws: `StrategyError` for any other content.
  package init(manifest bytes: [UInt8], address: AddressTemplate) throws {
    self.address = address
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
      // Foundation's words name no place that helps.
      throw StrategyError(.broken, "read the manifest: it is no JSON object")
    }
    for (path, value) in object.sorted(by: { $0.key < $1.key }) {
      guard let fields = value as? [String: Any] else {
        skip(path, "its value is no object")
        continue
      }
      var name = path.hasPrefix("/") ? String(path.dropFirst()) : path
      if name.hasSuffix(".git") { name.removeLast(4) }
      do {
        let id = try ReplicableID(name)
        add(name, address.url(of: id), fingerprint: Self.fingerprint(of: fields), path)
      } catch {
        skip(path, "\(error)")
      }
    }
  }

  /// Reads a manifest that may come compressed.
  ///
  /// - Parameter limit: bytes of the manifest, unpacked.
  /// - Throws: `MirrorError` for a damaged gzip stream and for a longer manifest; `StrategyError` for anything but a
  ///   manifest.
  package init(manifest bytes: [UInt8], unpackedLimit limit: Int, address: AddressTemplate) throws {
    try self.init(manifest: GzipText.unpacked(bytes, limit: limit), address: address)
  }

  /// Keeps repositories of the previous list that are no longer named, until their host answers that they are gone.
  package mutating func keep(_ known: some Sequence<ReplicableID>) {
    guard let address else { return }
    for id in known where entries[id] == nil {
      entries[id] = Entry(location: address.url(of: id), fingerprint: nil, isLeftOut: true)
    }
  }

  /// The host says that one is gone that the list has left out.
  package mutating func drop(_ id: ReplicableID) {
    if entries[id]?.isLeftOut == true { entries[id] = nil }
  }

  /// grokmirror's fingerprint is of the refs alone; HEAD stands beside it.
  private static func fingerprint(of fields: [String: Any]) -> String {
    "\(fields["fingerprint"] as? String ?? "") \(fields["head"] as? String ?? "")"
  }

  private mutating func add(_ name: String, _ location: String, fingerprint: String?, _ place: String) {
    do {
      let id = try ReplicableID(name)
      _ = try SourceURL(location)
      guard entries[id] == nil else { return skip(place, "'\(name)' is there twice; the first one counts") }
      entries[id] = Entry(location: location, fingerprint: fingerprint)
    } catch {
      skip(place, "\(error)")
    }
  }

  private mutating func skip(_ place: String, _ reason: String) {
    // Both quote the list, which another host wrote.
    let reason = ForeignText.withoutControls(reason)
    skipped.append(.init(path: ForeignText.withoutControls(place, longest: 200), reason: reason))
  }
}
