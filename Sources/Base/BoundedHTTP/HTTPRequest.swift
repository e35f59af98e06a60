/// What to ask a server for.
package struct HTTPRequest: Sendable {
  /// The methods that Remora uses.
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  package var method: Method
  /// Absolute, `http` or `https`, percent-encoded, without user info.
  package var url: String
  package var headers = HTTPHeaderFields()
  package var body: [UInt8] = []
  /// Sends a body of more than 1 KiB gzipped, with the header that says so. Only for servers that accept it.
  package var compressesBody = false
  /// Which way to go; `nil` is straight.
  package var proxy: HTTPProxy?
  package var limits: HTTPLimits

  package init(_ method: Method, _ url: String, limits: HTTPLimits = HTTPLimits()) {
    self.method = method
    self.url = url
    self.limits = limits
  }
}
