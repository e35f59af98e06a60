import Replication
import SystemPackage

/// Where the content of one file comes from.
enum BlobSource {
  case http(HTTPAddress)
  /// A file of this machine, by its absolute path.
  case file(FilePath)

  /// - Throws: `StrategyError`, in words that do not hold the user info.
  init(_ address: SourceAddress, trying operation: String) throws(StrategyError) {
    let text = address.location
    let scheme = text.prefix { $0 != ":" }.lowercased()
    if text.hasPrefix("/") {
      self = .file(FilePath(text))
    } else if scheme == "http" || scheme == "https", let http = HTTPAddress(text, bearerToken: address.bearerToken) {
      self = .http(http)
    } else if scheme == "file", let path = HTTPAddress.path(ofFileURL: text) {
      self = .file(FilePath(path))
    } else {
      throw StrategyError(
        .unsupportedSource, trying: operation, "the source is no http, https or file URL and no absolute path",
        hint: "check the address of the kind")
    }
  }
}
