import Foundation
import GitValues

extension RepositoryBuilder {
  /// Makes a bare repository of all that was asked for.
  ///
  /// - Throws: `TestSupportError` when git refuses, or `path` exists.
  package func build(at path: String) throws -> TestRepository {
    guard access(path, F_OK) != 0 else { throw TestSupportError("build \(path): it exists already") }
    let git = GitCommand(in: path)
    try GitCommand().run("init", "-q", "--bare", "--template=", path)
    if !alternates.isEmpty {
      try FileManager.default.createDirectory(atPath: "\(path)/objects/info", withIntermediateDirectories: true)
      try write(alternates.map { "\($0)\n" }.joined(), to: "\(path)/objects/info/alternates")
    }
    let oids = try importObjects(with: git)
    switch refStorage {
    case .packed: try writePackedRefs(oids, path: path, git: git)
    case .loose: try updateRefs(oids, git: git)
    }
    try writeSymbolicRefs(path: path)
    try writeHead(oids, path: path)
    return TestRepository(path: path, oids: oids)
  }

  /// Applies all that was asked for to a repository that exists; refs change in one transaction of git's.
  func apply(to repository: TestRepository) throws -> TestRepository {
    let git = GitCommand(in: repository.path)
    let oids = try importObjects(with: git)
    try updateRefs(oids, git: git)
    try writeSymbolicRefs(path: repository.path)
    try writeHead(oids, path: repository.path)
    return TestRepository(path: repository.path, oids: oids)
  }

  // MARK: Objects

  private func importObjects(with git: GitCommand) throws -> [BuiltObject: ObjectID] {
    var oids: [BuiltObject: ObjectID] = [:]
    if !stream.isEmpty {
      let unpackLimit = objectStorage == .loose ? Int32.max : 1
      let questions = importedMarks.map { "get-mark :\($0)\n" }.joined()
      let end = "\(questions)reset \(Self.scratchRef)\nfrom \(ObjectID.zero.hex)\n\ndone\n"
      let answers = try git.run(
        "-c", "fastimport.unpackLimit=\(unpackLimit)", "fast-import", "--quiet", "--force", "--done",
        input: stream + Array(end.utf8))
      for (mark, line) in zip(importedMarks, answers.lines) {
        guard let oid = ObjectID(line) else { throw TestSupportError("fast-import gave no oid: \(line)") }
        oids[.mark(mark)] = oid
      }
    }
    try resolveTrees(into: &oids, git: git)
    try writeTags(into: &oids, git: git)
    return oids
  }

  private func resolveTrees(into oids: inout [BuiltObject: ObjectID], git: GitCommand) throws {
    let wanted = tags.map(\.target) + refs.map(\.target)
    for object in Set(wanted) {
      guard case .tree(let mark) = object, let commit = oids[.mark(mark)] else { continue }
      oids[object] = ObjectID(try git.run("rev-parse", "\(commit.hex)^{tree}").text)
    }
  }

  /// Writes tag objects as one pack: fast-import would write a loose ref for each.
  private func writeTags(into oids: inout [BuiltObject: ObjectID], git: GitCommand) throws {
    guard !tags.isEmpty else { return }
    let ownTags = Set(tags.map { BuiltObject.mark($0.mark) })
    let others = Set(tags.map(\.target)).subtracting(ownTags)
    let kinds = try kinds(of: others.map { try Self.resolve($0, oids) }, git: git)
    var pack = PackWriter()
    for tag in tags {
      let target = try Self.resolve(tag.target, oids)
      let kind = ownTags.contains(tag.target) ? "tag" : kinds[target] ?? "commit"
      let text = """
        object \(target.hex)
        type \(kind)
        tag \(tag.name)
        tagger Ada Remora <ada@example.org> \(tag.seconds) +0000

        \(tag.message)

        """
      oids[.mark(tag.mark)] = pack.add(.tag, Array(text.utf8))
    }
    let bytes = pack.finish()
    if objectStorage == .loose {
      try git.run("unpack-objects", "-q", input: bytes)
    } else {
      try git.run("index-pack", "--stdin", input: bytes)
    }
  }

  private func kinds(of objects: [ObjectID], git: GitCommand) throws -> [ObjectID: String] {
    guard !objects.isEmpty else { return [:] }
    let question = objects.map { "\($0.hex)\n" }.joined()
    var kinds: [ObjectID: String] = [:]
    for line in try git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", input: Array(question.utf8)).lines
    {
      let fields = line.split(separator: " ")
      // "OID missing": a tag of something that is not there is the test's own wish; call it a commit.
      if let oid = ObjectID(String(fields[0])), fields[1] != "missing" { kinds[oid] = String(fields[1]) }
    }
    return kinds
  }

  private static func resolve(_ object: BuiltObject, _ oids: [BuiltObject: ObjectID]) throws -> ObjectID {
    if case .oid(let oid) = object { return oid }
    guard let oid = oids[object] else { throw TestSupportError("\(object) was not made by this builder") }
    return oid
  }

  // MARK: Refs

  private func writePackedRefs(_ oids: [BuiltObject: ObjectID], path: String, git: GitCommand) throws {
    var lines: [String: String] = [:]
    for (name, target) in refs { lines[name] = "\(try Self.resolve(target, oids).hex) \(name)\n" }
    for name in deletedRefs { lines[name] = nil }
    if !lines.isEmpty {
      try write(lines.values.joined(), to: "\(path)/packed-refs")
      // git sorts the file and adds the peeled values.
      try git.run("pack-refs", "--all")
    }
    if !rawPackedRefLines.isEmpty {
      let packed = (try? String(contentsOfFile: "\(path)/packed-refs", encoding: .utf8)) ?? ""  // none without refs
      let body = packed.split(separator: "\n").filter { !$0.hasPrefix("#") } + rawPackedRefLines.map { $0[...] }
      try write(body.map { "\($0)\n" }.joined(), to: "\(path)/packed-refs")
    }
  }

  private func updateRefs(_ oids: [BuiltObject: ObjectID], git: GitCommand) throws {
    var commands: [String: String] = [:]
    for (name, target) in refs { commands[name] = "update \(name) \(try Self.resolve(target, oids).hex)\n" }
    for name in deletedRefs { commands[name] = "delete \(name)\n" }
    guard !commands.isEmpty else { return }
    // In two steps, because within one transaction git refuses `a` beside a deleted `a/b`.
    for verb in ["delete", "update"] {
      let input = commands.values.filter { $0.hasPrefix(verb) }.sorted().joined()
      if !input.isEmpty { try git.run("update-ref", "--no-deref", "--stdin", input: Array(input.utf8)) }
    }
  }

  private func writeSymbolicRefs(path: String) throws {
    for (name, target) in symbolicRefs {
      let file = "\(path)/\(name)"
      try FileManager.default.createDirectory(
        atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try write("ref: \(target)\n", to: file)
    }
  }

  private func writeHead(_ oids: [BuiltObject: ObjectID], path: String) throws {
    switch head {
    case nil: break
    case .branch(let name): try write("ref: refs/heads/\(name)\n", to: "\(path)/HEAD")
    case .symbolic(let name): try write("ref: \(name)\n", to: "\(path)/HEAD")
    case .detached(let object): try write("\(try Self.resolve(object, oids).hex)\n", to: "\(path)/HEAD")
    }
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }
}
