internal import ChildProcess
internal import Foundation
internal import GitValues
internal import Glibc
internal import WorkerPool

/// How one host is reached by one user, after all that ssh_config(5) says of it.
struct SSHHostConfiguration: Sendable, Hashable {
  /// Whom an address means, in its own words.
  struct Alias: Sendable, Hashable {
    let host: String
    let port: Int?
    let user: String?
  }

  var hostName: String
  var port: Int
  var user: String
  /// How the files of known hosts name it.
  var knownName: String
  var identityFiles: [String]
  /// The agent is asked for the keys of the files only.
  var isLimitedToIdentityFiles: Bool
  /// The agent's socket; `nil` for none.
  var agentSocket: String?
  var knownHostsFiles: [String]
  /// Settings that only the system's ssh can follow: "proxyjump", "certificatefile" …
  var beyondLibssh2: [String]

  /// Returns the defaults for a host without configuration.
  ///
  /// - Parameter person: the user of this process.
  init(_ alias: Alias, person: Person, environment: [String: String]) {
    hostName = alias.host
    port = alias.port ?? 22
    user = alias.user ?? person.name
    knownName = KnownHosts.lookupName(host: alias.host, port: alias.port ?? 22)
    identityFiles = ["id_ecdsa", "id_ed25519", "id_rsa"].map { "\(person.home)/.ssh/\($0)" }
    isLimitedToIdentityFiles = false
    agentSocket = environment["SSH_AUTH_SOCK"]
    knownHostsFiles = ["\(person.home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"]
    beyondLibssh2 = []
  }
}

/// The user's settings for SSH. ssh_config(5) gives the missing ones, where ssh is installed.
package struct SSHSettings: Hashable, Sendable {
  /// Who speaks the protocol.
  package enum Choice: String, Sendable, CaseIterable {
    /// libssh2, unless the environment or git's configuration names a command, or the host needs what libssh2 cannot
    /// do.
    case automatic
    /// libssh2 and nothing else.
    case libssh2
    /// The system's `ssh`, or the command that the environment or git's configuration names.
    case system
  }

  package var choice = Choice.automatic
  /// Read in place of `~/.ssh/config` and `/etc/ssh/ssh_config`.
  package var configurationFile: String?
  /// Keys to use in place of those that the configuration names; the agent is asked for these only.
  package var identityFiles: [String] = []
  /// Files of known hosts in place of the user's and the system's.
  package var knownHostsFiles: [String] = []
  /// File with the passphrase of the key files.
  package var passphraseFile: String?
  /// How long an idle session is kept for the next repository of its host.
  package var idleTimeout = Duration.seconds(60)

  package init() {}
}

/// Reads the ssh_config(5) of a host by running ssh itself (`ssh -G`), which evaluates `Host`, `Match` and `Include`.
/// Where ssh is not installed, no configuration applies.
struct SSHConfigurationReader {
  let settings: SSHSettings
  let environment: [String: String]

  /// Settings that a session of ours follows.
  private static let followed: Set<Substring> = [
    "hostname", "port", "user", "identityfile", "identitiesonly", "identityagent", "userknownhostsfile",
    "globalknownhostsfile", "hostkeyalias",
  ]

  /// Settings that mean nothing for a fetch over a session of ours, or that allow more than we do.
  private static let ignored: Set<Substring> = [
    "host", "addkeystoagent", "batchmode", "canonicaldomains", "canonicalizefallbacklocal", "canonicalizehostname",
    "canonicalizemaxdots", "canonicalizepermittedcnames", "checkhostip", "clearallforwardings", "compression",
    "connectionattempts", "connecttimeout", "controlmaster", "controlpath", "controlpersist", "dynamicforward",
    "enableescapecommandline", "enablesshkeysign", "escapechar", "exitonforwardfailure", "fingerprinthash",
    "forwardagent", "forwardx11", "forwardx11timeout", "forwardx11trusted", "gatewayports", "gssapiauthentication",
    "gssapidelegatecredentials", "gssapikeyexchange", "gssapikexalgorithms", "gssapirenewalforcesrekey",
    "gssapitrustdns", "hashknownhosts", "hostbasedauthentication", "ipqos", "kbdinteractiveauthentication",
    "localcommand", "localforward", "loglevel", "logverbose", "nohostauthenticationforlocalhost",
    "numberofpasswordprompts", "passwordauthentication", "permitlocalcommand", "permitremoteopen", "remoteforward",
    "requesttty", "sendenv", "serveralivecountmax", "serveraliveinterval", "setenv", "streamlocalbindmask",
    "streamlocalbindunlink", "stricthostkeychecking", "syslogfacility", "tag", "tcpkeepalive", "updatehostkeys",
    "verifyhostkeydns", "visualhostkey", "xauthlocation",
  ]

  /// How the host is reached.
  ///
  /// - Throws: `SSHSystemFailure` when ssh cannot read its configuration; `ChildFailure`, `Cancelled`.
  func configuration(of alias: SSHHostConfiguration.Alias, limits: WaitLimits) throws -> SSHHostConfiguration {
    let person = Person.current(environment)
    var configuration = SSHHostConfiguration(alias, person: person, environment: environment)
    if let program = ChildCommand.find("ssh", in: environment) {
      let said = try ask(program, alias, configurationFile: settings.configurationFile, limits)
      let plain = try ask(program, alias, configurationFile: "none", limits)
      Self.apply(said, to: &configuration, alias, person)
      configuration.beyondLibssh2 += said.filter { key, values in
        !Self.followed.contains(key) && !Self.ignored.contains(key) && plain[key] != values
      }.map { String($0.key) }.sorted()
    }
    if !settings.identityFiles.isEmpty {
      configuration.identityFiles = settings.identityFiles
      configuration.isLimitedToIdentityFiles = true
    }
    if !settings.knownHostsFiles.isEmpty { configuration.knownHostsFiles = settings.knownHostsFiles }
    return configuration
  }

  private func ask(
    _ program: String, _ alias: SSHHostConfiguration.Alias, configurationFile: String?, _ limits: WaitLimits
  ) throws -> [Substring: [Substring]] {
    var arguments = ["-G"]
    if let configurationFile { arguments += ["-F", configurationFile] }
    if let port = alias.port { arguments += ["-p", "\(port)"] }
    if let user = alias.user { arguments += ["-l", user] }
    let command = ChildCommand(
      path: program, arguments: arguments + ["--", alias.host], environment: environment, encoding: PathText.bytes)
    let run = try ChildRun(command, limits: limits)
    guard run.ending == .exited(0) else { throw SSHSystemFailure.configuration(run.errorText.description) }
    var values: [Substring: [Substring]] = [:]
    for line in TextLines.strings(run.output).map({ $0[...] }) where !line.isEmpty {
      let key = line.prefix { $0 != " " }
      values[key.lowercased()[...], default: []].append(line.dropFirst(key.count + 1))
    }
    return values
  }

  private static func apply(
    _ said: [Substring: [Substring]], to configuration: inout SSHHostConfiguration,
    _ alias: SSHHostConfiguration.Alias, _ person: Person
  ) {
    func one(_ key: Substring) -> String? { said[key]?.first.map(String.init) }
    if let name = one("hostname") { configuration.hostName = name }
    if let port = one("port").flatMap(Int.init) { configuration.port = port }
    if let user = one("user") { configuration.user = user }
    configuration.knownName =
      one("hostkeyalias") ?? KnownHosts.lookupName(host: configuration.hostName, port: configuration.port)
    func path(_ text: Substring) -> String {
      text.hasPrefix("~/") ? person.home + text.dropFirst() : String(text)
    }
    if let files = said["identityfile"] { configuration.identityFiles = files.map(path) }
    configuration.isLimitedToIdentityFiles = one("identitiesonly") == "yes"
    switch one("identityagent") {
    case "none": configuration.agentSocket = nil
    case "SSH_AUTH_SOCK", nil: break
    case let socket?: configuration.agentSocket = path(socket[...])
    }
    configuration.knownHostsFiles = ["userknownhostsfile", "globalknownhostsfile"]
      .flatMap { key in one(key)?.split(separator: " ").map(path) ?? [] }
    // Names made of parts that only ssh puts in.
    let files = configuration.identityFiles + configuration.knownHostsFiles + [configuration.agentSocket ?? ""]
    if files.contains(where: { $0.contains("%") || $0.contains("${") || $0.hasPrefix("$") }) {
      configuration.beyondLibssh2.append("names with % or $")
    }
  }
}

/// Who runs this process, by the system's list of users: ssh does not believe `HOME` and `USER` either.
struct Person: Sendable, Hashable {
  let name: String
  let home: String

  /// `nil` when the list does not have this user (some containers).
  static var current: Person? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer in
      guard let room = buffer.baseAddress, getpwuid_r(geteuid(), &entry, room, buffer.count, &found) == 0, found != nil,
        let name = entry.pw_name, let home = entry.pw_dir
      else { return nil }
      return Person(name: String(cString: name), home: String(cString: home))
    }
  }

  /// The one of the list, or what the environment says.
  static func current(_ environment: [String: String]) -> Person {
    current ?? Person(name: environment["USER"] ?? "root", home: environment["HOME"] ?? "/")
  }
}
