import CLibssh2

extension SSHSession {
  /// Exchanges keys, and looks whether the host's is to be trusted.
  func shakeHands(with host: SSHHostConfiguration, _ knownHosts: KnownHosts) throws {
    let known = knownHosts.keyTypes(of: host.knownName)
    if !known.isEmpty {
      // A host has keys of several types, and only known ones can be verified.
      let status = libssh2_session_method_pref(handle, LIBSSH2_METHOD_HOSTKEY, known.joined(separator: ","))
      guard status == 0 else {
        throw SSHFailure.noCommonAlgorithm("the host is known by keys of type \(known.joined(separator: ", "))")
      }
    }
    // The socket's number is not used: reading and writing come to us.
    try perform { Int(libssh2_session_handshake(handle, 0)) }
    var count = 0
    var type: Int32 = 0
    guard let bytes = libssh2_session_hostkey(handle, &count, &type),
      let key = SSHKey(blob: Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    else { throw SSHFailure.broken(.handshake, "the host showed no key") }
    let verdict = knownHosts.verdict(on: key, of: host.knownName)
    guard verdict == .trusted else {
      throw SSHFailure.hostKey(verdict, key, name: host.knownName, files: host.knownHostsFiles)
    }
  }
}
