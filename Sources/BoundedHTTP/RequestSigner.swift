/// Makes the proof of who we are for one request as it will be sent, the value of its `Authorization` header; `nil` where this
/// signer has none to give, such as for other hosts.
package typealias RequestSigner = @Sendable (_ request: HTTPRequest) async throws -> String?
