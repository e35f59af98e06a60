internal import ArgumentParser
internal import Foundation
internal import GitTransport
internal import GitValues
internal import Glibc
internal import SystemPackage
internal import TextBytes

/// Paths as the user means them: from the current directory, the same for every later run.
enum LocalPath {
  /// Absolute, with symbolic links followed as far as the path exists.
  static func absolute(_ text: String) throws -> FilePath {
    guard !text.isEmpty else { throw ValidationError("a path must not be empty") }
    var path = FilePath(pathText: text)
    if path.isRelative {
      guard let current = realpath(".", nil) else { throw ValidationError("the current directory is gone") }
      defer { free(current) }
      path = FilePath(platformString: current).pushing(path)
    }
    path = path.lexicallyNormalized()
    var missing: [FilePath.Component] = []
    var existing = path
    while let last = existing.lastComponent {
      if let resolved = existing.withPlatformString({ realpath($0, nil) }) {
        defer { free(resolved) }
        return missing.reversed().reduce(FilePath(platformString: resolved)) { $0.appending($1) }
      }
      missing.append(last)
      existing.removeLastComponent()
    }
    return path
  }

  /// A source; a path is made absolute, so that the copy records where it really comes from.
  static func source(_ text: String) throws -> SourceURL {
    do {
      let source = try SourceURL(text)
      guard case .file(let path) = source.kind else { return source }
      return try SourceURL(absolute(path).pathText)
    } catch let error as TransportError {
      throw ValidationError("\(error)")
    }
  }
}

/// A moment as it is written in options: RFC 3339, with or without fractions of a second.
enum Moment {
  /// - Throws: `ValidationError` for anything else.
  static func read(_ text: String) throws -> Date {
    guard let milliseconds = RFC3339.milliseconds(anyForm: text) else {
      throw ValidationError("write a time such as 2026-11-22T10:00:00Z")
    }
    return Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
  }
}
