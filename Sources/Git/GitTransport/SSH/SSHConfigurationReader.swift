import ChildProcess
import Foundation
import GitValues
import WorkerPool

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
