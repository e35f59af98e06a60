import Foundation

/// A certificate authority that only tests trust, made by openssl once a process, and three server certificates of it.
package struct TestAuthority: Sendable {
  /// What is right or wrong with a server's certificate.
  package enum Certificate: String, CaseIterable, Sendable {
    /// For `localhost` and `127.0.0.1`.
    case valid
    /// Ended a day ago.
    case expired
    /// For `wrong.example` only.
    case wrongHost
  }

  /// The authority's certificate, PEM.
  package let authority: String
  private let certificates: [Certificate: String]
  private let key: String

  /// The one of this process.
  package static let shared = Result { try TestAuthority() }

  private init() throws {
    let directory = try TemporaryDirectory("authority")
    let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    func openssl(_ arguments: [String]) throws {
      let outcome: ProcessOutcome = try ChildProcess("openssl", arguments, directory: directory.path).outcome()
      guard outcome.isSuccess else { throw TestSupportError("openssl \(arguments[0]): \(outcome.errorText)") }
    }
    try openssl(
      ["req", "-x509"] + newKey + [
        "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", "/CN=Remora test authority",
      ])
    try openssl(["req"] + newKey + ["-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server"])
    var made: [Certificate: String] = [:]
    for certificate in Certificate.allCases {
      let names = certificate == .wrongHost ? "DNS:wrong.example" : "DNS:localhost,IP:127.0.0.1"
      try directory.write("subjectAltName=\(names)\nextendedKeyUsage=serverAuth\n", to: "extensions")
      try openssl([
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
        certificate == .expired ? "-1" : "365", "-extfile", "extensions", "-out", "\(certificate).pem",
      ])
      made[certificate] = try String(contentsOfFile: directory.path("\(certificate).pem"), encoding: .utf8)
    }
    authority = try String(contentsOfFile: directory.path("ca.pem"), encoding: .utf8)
    key = try String(contentsOfFile: directory.path("server.key"), encoding: .utf8)
    certificates = made
  }

  /// Writes `ca.pem`, `server.pem` and `server.key` for one server.
  package func write(_ certificate: Certificate, into directory: TemporaryDirectory) throws {
    try directory.write(authority, to: "ca.pem")
    try directory.write(certificates[certificate] ?? "", to: "server.pem")
    try directory.write(key, to: "server.key")
  }
}
