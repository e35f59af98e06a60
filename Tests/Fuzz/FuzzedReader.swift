/// The readers of bytes from other writers: files that were edited, cut or restored, configurations, and all that
/// servers and clients send.
///
/// Each has one check that takes any bytes. `MutationTests` calls it with a few thousand changed seeds in every test run,
/// `LibFuzzer/run` for as long as one likes.
enum FuzzedReader: String, CaseIterable, Sendable {
  /// A registry's document and its two journals.
  case registry
  /// The same of a primary's states.
  case states
  /// A segment of the event log with `log.json` and `readers.json`.
  case log
  /// One line of the event log.
  case line
  /// A file of the spool.
  case spool
  /// A kind's configuration: name, address, globs, and an id that they are tried on.
  case kind
  /// A server's advertisement, of any version.
  case advertisement
  /// A server's answer to `ls-refs`.
  case listing
  /// How a server's answer to a fetch is framed, and that answer, with its side-bands.
  case answer
  /// A `packed-refs` file.
  case packed
  /// An address of a source.
  case url
  /// A `.netrc` and a host.
  case netrc
  /// A file of known hosts, a key, and a host.
  case hosts
  /// A GraphQL document.
  case graphql
  /// The body of a request to `/graphql`.
  case request

  /// Reads the bytes. What is refused is fine; what is accepted must come back the same when it is written and read again.
  /// - Throws: `Disagreement`.
  func check(_ bytes: [UInt8]) throws {
    switch self {
    case .registry: try TableCheck.registry(bytes)
    case .states: try TableCheck.states(bytes)
    case .log: try LogCheck(bytes).run()
    case .line: try EventCheck.line(bytes)
    case .spool: try SpoolCheck.run(bytes)
    case .kind: try KindCheck(bytes).run()
    case .advertisement: try WireCheck.advertisement(bytes)
    case .listing: try WireCheck.listing(bytes)
    case .answer: try WireCheck.answer(bytes)
    case .packed: try PackedRefsCheck.run(bytes)
    case .url: try AddressCheck.url(bytes)
    case .netrc: try AddressCheck.netrc(bytes)
    case .hosts: try AddressCheck.knownHosts(bytes)
    case .graphql: try GraphQLCheck.document(bytes)
    case .request: try GraphQLCheck.request(bytes)
    }
  }
}
