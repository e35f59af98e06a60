package import GitValues

/// What git says about a repository, as values that can be compared with ours.
extension GitCommand {
  /// Returns every ref below `refs/` that resolves, by its resolved oid, with peeled values of annotated tags.
  package func forEachRef(_ repository: String) throws -> RefListing {
    let format = "%(objectname) %(*objecttype) %(*objectname) %(refname)"
    let outcome = try run("-C", repository, "for-each-ref", "--format=\(format)")
    var listing = RefListing()
    for line in outcome.output.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count == 4, let oid = ObjectID(hex: fields[0]) else {
        throw TestSupportError(
          "for-each-ref in \(repository): unexpected line \(String(decoding: line, as: UTF8.self))")
      }
      var peeled = ObjectID(hex: fields[2])
      // git 2.39 peels one tag only; a tag of a tag is followed to its end.
      if fields[1].elementsEqual("tag".utf8) {
        peeled = ObjectID(try run("-C", repository, "rev-parse", "\(oid.hex)^{}").text)
      }
      listing.append(name: ReferenceName(bytes: Array(fields[3])), oid: oid, peeled: peeled)
    }
    listing.sort()
    return listing
  }

  /// Returns the names below `refs/` and their resolved oids, for comparing with literals.
  package func refs(_ repository: String) throws -> [String: String] {
    var refs: [String: String] = [:]
    for line in try run("-C", repository, "for-each-ref", "--format=%(objectname) %(refname)").lines {
      refs[String(line.dropFirst(ObjectID.hexCount + 1))] = String(line.prefix(ObjectID.hexCount))
    }
    return refs
  }

  /// Returns what HEAD says, its symbolic chain followed to the end.
  package func head(_ repository: String) throws -> Head {
    let oid = try attempt(["-C", repository, "rev-parse", "-q", "--verify", "HEAD"])
    let symbolic = try attempt(["-C", repository, "symbolic-ref", "-q", "HEAD"])
    let resolved = oid.isSuccess ? ObjectID(oid.text) : nil
    guard symbolic.isSuccess else {
      guard let resolved else { throw TestSupportError("HEAD of \(repository): \(oid.errorText)") }
      return .detached(resolved)
    }
    var target = symbolic.text
    while case let next = try attempt(["-C", repository, "symbolic-ref", "-q", target]), next.isSuccess {
      target = next.text
    }
    guard let resolved else { return .unborn(target: ReferenceName(target)) }
    return .symbolic(target: ReferenceName(target), oid: resolved)
  }

  /// Refs and HEAD together: what equality of two repositories is about.
  package func view(_ repository: String) throws -> RefView {
    RefView(head: try head(repository), refs: try forEachRef(repository))
  }

  /// Returns the checksum of product.md § 2, by git and `sha256sum` alone.
  package func checksum(_ repository: String) throws -> String {
    let script = """
      { t=$(git symbolic-ref -q HEAD) && echo "ref: $t HEAD" || echo "$(git rev-parse HEAD) HEAD"
      git for-each-ref --format='%(objectname) %(refname)'; } | sha256sum | cut -d' ' -f1
      """
    var shell = self
    shell.directory = repository
    return "sha256:" + (try shell.runShell(script).text)
  }

  private func runShell(_ script: String) throws -> ProcessOutcome {
    let outcome = try attempt(["-c", "alias.run=!sh -c \"$REMORA_SCRIPT\"", "run"], script: script)
    guard outcome.isSuccess else { throw TestSupportError("checksum by git: \(outcome.errorText)") }
    return outcome
  }

  private func attempt(_ arguments: [String], script: String) throws -> ProcessOutcome {
    var command = self
    command.environment["REMORA_SCRIPT"] = script
    return try command.attempt(arguments)
  }

  /// Returns what `git ls-remote` prints for a URL: oid and name a line.
  package func lsRemote(_ url: String) throws -> [String] { try run("ls-remote", url).lines }

  /// Asks `git fsck` for its judgement.
  ///
  /// - Returns: what it complained about, one a line; empty when all is well. Dangling objects are no complaint.
  package func fsck(_ repository: String, connectivityOnly: Bool = false) throws -> [String] {
    let arguments = [
      "-C", repository, "fsck", "--no-dangling", "--no-progress", connectivityOnly ? "--connectivity-only" : "--full",
    ]
    let outcome = try attempt(arguments)
    let complaints = outcome.lines + outcome.errorText.split(separator: "\n").map(String.init)
    // A repository without refs is sound.
    let notices = ["notice: No default references", "notice: HEAD points to an unborn branch"]
    let serious = complaints.filter { line in !notices.contains { line.hasPrefix($0) } }
    return outcome.isSuccess ? serious : serious + ["git fsck ended with \(outcome.end)"]
  }

  /// Returns every object that refs and HEAD reach, as `git rev-list --objects --all` has them, sorted.
  package func reachableObjects(_ repository: String) throws -> [String] {
    try run("-C", repository, "rev-list", "--objects", "--no-object-names", "--all").lines.sorted()
  }
}
