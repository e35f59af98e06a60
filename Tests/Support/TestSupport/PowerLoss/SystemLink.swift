import DurableFiles
import Glibc
package import SystemPackage

/// Symbolic links, which the port of production never makes.
package enum SystemLink {
  package static func make(_ path: FilePath, to target: FilePath) throws {
    let result = target.withPlatformString { text in path.withPlatformString { symlink(text, $0) } }
    guard result == 0 else { throw FileError(Errno(rawValue: errno), "make the link", path) }
  }
}
