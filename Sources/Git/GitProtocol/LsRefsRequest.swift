/// Asks a version 2 server for its refs: all of them, with HEAD, peeled values and symbolic targets.
///
/// No `ref-prefix` is sent: a copy has every ref there is, and what the user excludes is left out on our side, so
/// that the answer does not depend on the server's reading of a prefix.
package struct LsRefsRequest: Sendable {
  /// The product and version to name, as `remora/1.0`. One word.
  package var agent: String
  /// Whether to say that we speak of SHA-1 objects. Only servers that advertise `object-format` understand it.
  package var namesObjectFormat: Bool
  /// Whether to ask for the target of an unborn HEAD. Servers that do not advertise `ls-refs=unborn` may refuse it.
  package var asksForUnborn: Bool

  package init(agent: String, namesObjectFormat: Bool, asksForUnborn: Bool) {
    self.agent = agent
    self.namesObjectFormat = namesObjectFormat
    self.asksForUnborn = asksForUnborn
  }

  /// The request that fits what the server advertised.
  package init(agent: String, for capabilities: Capabilities) {
    self.init(
      agent: agent, namesObjectFormat: capabilities.contains("object-format"),
      asksForUnborn: capabilities.value(of: "ls-refs", hasWord: "unborn"))
  }

  /// The request as bytes.
  package var encoded: [UInt8] {
    var encoder = PktLineEncoder()
    encoder.line("command=ls-refs")
    encoder.line("agent=\(agent)")
    if namesObjectFormat { encoder.line("object-format=sha1") }
    encoder.delimiter()
    encoder.line("peel")
    encoder.line("symrefs")
    if asksForUnborn { encoder.line("unborn") }
    encoder.flush()
    return encoder.bytes
  }
}
