/// Takes the bytes of a pack that is being made.
protocol PackSink: AnyObject {
  func receive(_ part: UnsafeRawBufferPointer) throws
}
