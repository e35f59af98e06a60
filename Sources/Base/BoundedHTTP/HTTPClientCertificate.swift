/// Files with a certificate, the chain behind it, and its private key, both PEM. Read when the first connection is made.
package struct HTTPClientCertificate: Sendable, Hashable {
  package let certificateFile: String
  package let keyFile: String

  package init(certificateFile: String, keyFile: String) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }
}
