internal import Agent
internal import SystemPackage

/// What a command did with one repository, or found there.
struct HookReport: Encodable {
  struct Failure: Encodable {
    let code: String
    let message: String
    let hint: String
  }

  let repository: String
  /// The action: `installed`, `updated`, `unchanged`, `removed`, `not_installed`; the finding: `installed`, `chained`,
  /// `missing`, `foreign`, `not_executable`, `changed_by_hand`; or `failed`.
  let status: String
  @NullWhenMissing var name: String?
  @NullWhenMissing var id: String?
  let problems: [String]
  @NullWhenMissing var error: Failure?

  init(_ repository: HookedRepository, _ change: HookInstaller.Change, name: String? = nil, id: String? = nil) {
    self.repository = repository.path.string
    status = change.rawValue
    self.name = name
    self.id = id
    problems = []
  }

  init(_ repository: HookedRepository, _ found: HookStatus, name: String?, id: String?) {
    self.repository = repository.path.string
    status = found.state.rawValue
    self.name = name
    self.id = id
    problems = found.problems
  }

  init(_ path: FilePath, _ error: HookError) {
    repository = path.string
    status = "failed"
    problems = []
    self.error = Failure(code: error.code.rawValue, message: "\(error)", hint: error.hint)
  }

  var isGood: Bool { error == nil && problems.isEmpty }

  func tell(json: Bool) throws {
    guard !json else {
      try Output.json(self)
      return
    }
    if let error {
      Output.error("error: \(error.message)")
    } else {
      Output.result("\(status) \(repository)")
      for problem in problems { Output.result("  \(problem)") }
    }
  }
}
