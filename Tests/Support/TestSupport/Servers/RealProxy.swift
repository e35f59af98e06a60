import Foundation
import Glibc

/// A real proxy on 127.0.0.1: `tinyproxy` for HTTP, `microsocks` for SOCKS 5.
package final class RealProxy: Sendable {
  package enum Kind: Sendable {
    /// With a user and a password, or without.
    case http(login: (user: String, password: String)?)
    case socks(login: (user: String, password: String)?)
  }

  package let port: UInt16
  private let leash: Leash
  private let logFile: String?

  /// - Parameter directory: for its files; exists.
  package init(_ kind: Kind, in directory: String) throws {
    let port = try LoopbackSocket.unusedPort()
    self.port = port
    let command: String
    switch kind {
    case .http(let login):
      logFile = "\(directory)/tinyproxy.log"
      var lines = ["Port \(port)", "Listen 127.0.0.1", "Allow 127.0.0.1", "LogFile \"\(directory)/tinyproxy.log\""]
      lines += ["LogLevel Connect", "Timeout 60", "MaxClients 50"]
      if let login { lines.append("BasicAuth \(login.user) \(login.password)") }
      let file = "\(directory)/tinyproxy.conf"
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
      command = "tinyproxy -d -c '\(file)' >/dev/null"
    case .socks(let login):
      logFile = nil
      command = "microsocks -i 127.0.0.1 -p \(port)" + (login.map { " -u \($0.user) -P \($0.password)" } ?? "")
    }
    leash = try Leash(
      [command], environment: ChildProcess.isolatedEnvironment(), directory: directory, descriptors: [])
    let end = ContinuousClock.now + .seconds(30)
    while true {
      if let descriptor = try? LoopbackSocket.connect(to: port) {  // refused: not there yet
        close(descriptor)
        return
      }
      guard ContinuousClock.now < end, leash.isRunning else {
        throw TestSupportError("the proxy did not start: \(leash.errors)")
      }
      poll(nil, 0, 5)
    }
  }

  deinit { leash.stop() }

  package func stop() { leash.stop() }

  /// What it says that it did.
  package var log: String {
    guard let logFile else { return leash.errors }
    return (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""  // nothing yet
  }
}
