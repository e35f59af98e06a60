/// The body of an answer, as bytes for the conversation.
final class HTTPUploadPackAnswer: ByteSource {
  private let exchange: HTTPUploadPackExchange
  private let channel: HTTPUploadPack
  private let operation: HTTPUploadPack.Operation

  init(_ exchange: HTTPUploadPackExchange, channel: HTTPUploadPack, operation: HTTPUploadPack.Operation) {
    self.exchange = exchange
    self.channel = channel
    self.operation = operation
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try channel.translating(operation) { try exchange.read(into: buffer) }
  }
}
