/// The content of one file at one moment of a recording; equal contents are the same object.
///
/// The number stands for the bytes wherever many states of a disk are compared.
final class DiskContent: Sendable {
  let bytes: [UInt8]
  let number: Int

  init(bytes: [UInt8], number: Int) {
    self.bytes = bytes
    self.number = number
  }
}
