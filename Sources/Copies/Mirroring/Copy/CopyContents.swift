internal import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import RefStore
internal import SystemPackage

/// What a copy holds at the start of a run, ready to be compared with a source.
struct CopyContents {
  /// The files as they were read; `nil` for a copy that is only being made.
  let files: RefReader.Contents?
  /// Refs by their resolved oids, with true peeled values. Without those whose object is missing.
  let refs: RefListing
  /// Refs that point at an object that the copy does not have: damage, repaired by fetching them again.
  let incomplete: [RefListing.Entry]

  /// False when an object that the refs reach is missing or damaged: then no haves are sent, and all objects are
  /// fetched again.
  var isWhole = true

  /// A copy that is only being made, with the HEAD file that it begins with.
  static func new(head: HeadLine) -> CopyContents {
    CopyContents(files: nil, refs: RefListing(), incomplete: [], headLine: head, detachedHead: nil)
  }

  /// What the file HEAD says; `nil` when it cannot be read.
  let headLine: HeadLine?

  /// The HEAD before this run; a copy that is only being made had none.
  var oldHead: HeadLine? { files == nil ? nil : headLine }

  /// The oid that HEAD holds itself, where the copy has that object.
  let detachedHead: ObjectID?

  /// Whether there are files below `refs/` that Remora did not write.
  var hasStrays: Bool { files.map { $0.loose.hasFiles } ?? false }

  /// Lines of packed-refs that are no refs, or refs without their objects: the file must be rewritten.
  var needsRewriting: Bool { files.map { !$0.packed.broken.isEmpty } ?? false || !incomplete.isEmpty }

  /// Reads the copy. Peeled values are trusted if packed-refs is the file that Remora wrote; otherwise every ref is
  /// looked up.
  static func read(_ layout: CopyLayout, through port: any FileSystemPort) throws -> CopyContents {
    let contents = try RefReader(repository: layout.root, files: port).contents()
    let view = RefReader.resolve(contents)
    if !contents.loose.hasFiles, try CopyState.describes(contents.packedStatus, of: layout, through: port) {
      return CopyContents(
        files: contents, refs: view.refs, incomplete: [], headLine: HeadLine(contents.head),
        detachedHead: head(of: contents))
    }
    let objects = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
    var detached = head(of: contents)
    if let oid = detached, !objects.contains(oid) { detached = nil }
    var refs = RefListing()
    var incomplete: [RefListing.Entry] = []
    for index in 0..<view.refs.count {
      let entry = view.refs[index]
      if let peeled = try objects.peel(entry.oid) {
        refs.append(name: entry.name, oid: entry.oid, peeled: peeled == entry.oid ? nil : peeled)
      } else {
        incomplete.append(entry)
      }
    }
    return CopyContents(
      files: contents, refs: refs, incomplete: incomplete, headLine: HeadLine(contents.head), detachedHead: detached)
  }

  private static func head(of contents: RefReader.Contents) -> ObjectID? {
    if case .direct(let oid) = contents.head { oid } else { nil }
  }
}
