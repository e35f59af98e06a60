package import DurableFiles
internal import GitValues
internal import RefStore
internal import SystemPackage

/// What readers of the dumb HTTP protocol go by (`git update-server-info`): `info/refs` and `objects/info/packs`.
///
/// Kept up to date where an operator has made them; never made by Remora. Stale ones lead such a reader to old refs, or
/// to packs that are gone. Format: gitprotocol-http(5) "Dumb Clients", gitrepository-layout(5).
package struct ServerInfo {
  private let layout: CopyLayout
  private let files: any FileSystemPort

  package init(_ layout: CopyLayout, through files: any FileSystemPort) {
    self.layout = layout
    self.files = files
  }

  private var refs: FilePath { layout.root.appending("info").appending("refs") }
  private var packs: FilePath { layout.objects.appending("info").appending("packs") }

  /// Rewrites the existing files.
  package func refresh() throws {
    if try files.status(of: refs)?.kind == .regular { try refreshRefs() }
    try refreshPacks()
  }

  /// Rewrites the list of packs, if it exists.
  package func refreshPacks() throws {
    guard try files.status(of: packs)?.kind == .regular else { return }
    let names = try files.entries(of: layout.packs).map(\.name.string)
    let indexed = Set(names.filter { $0.hasSuffix(".idx") }.map { $0.dropLast(4) })
    let listed = names.filter { $0.hasSuffix(".pack") && indexed.contains($0.dropLast(5)) }
    let text = listed.map { "P \($0)\n" }.joined() + "\n"
    try replace(packs, with: Array(text.utf8))
  }

  private func refreshRefs() throws {
    let listing = try RefReader(repository: layout.root, files: files).contents().packed.refs
    var bytes: [UInt8] = []
    for index in listing.indices {
      listing.withName(at: index) { name in
        for (oid, suffix) in [(listing.oid(at: index), ""), (listing.peeled(at: index), "^{}")] {
          guard let oid else { continue }
          oid.appendHex(to: &bytes)
          bytes.append(UInt8(ascii: "\t"))
          bytes += name
          bytes += Array((suffix + "\n").utf8)
        }
      }
    }
    try replace(refs, with: bytes)
  }

  private func replace(_ path: FilePath, with bytes: [UInt8]) throws {
    guard try files.contents(of: path, limit: CopyLayout.maximumFileBytes) != bytes else { return }
    try files.replaceFile(path, with: bytes, permissions: .ownerReadWriteGroupOtherRead)
  }
}
