import GitProtocol
import TextBytes

/// Puts the server's progress text back into lines. Git cuts it anywhere, and ends a line that will be written over
/// with a carriage return.
struct ServerLines {
  /// Longer lines are cut: they are for display only.
  private static let limit = 1024

  private var line: [UInt8] = []

  /// Takes the next bytes and hands on each line that they end, harmless; empty ones are left out.
  mutating func append(_ bytes: UnsafeRawBufferPointer, _ receive: (String) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        let text = ForeignText.serverLine(line)
        if !text.isEmpty { receive(text) }
        line.removeAll(keepingCapacity: true)
      } else if line.count < Self.limit {
        line.append(byte)
      }
    }
  }
}
