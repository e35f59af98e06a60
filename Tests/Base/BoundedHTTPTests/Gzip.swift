import TestSupport

/// Packs by the `gzip` program: the referee.
func gzip(_ bytes: [UInt8]) async throws -> [UInt8] {
  try await ChildProcess("gzip", ["-9", "-c"], input: .bytes(bytes)).outcome().output
}

/// Unpacks by the `gzip` program.
func gunzip(_ bytes: [UInt8]) async throws -> [UInt8] {
  try await ChildProcess("gzip", ["-d", "-c"], input: .bytes(bytes)).outcome().output
}
