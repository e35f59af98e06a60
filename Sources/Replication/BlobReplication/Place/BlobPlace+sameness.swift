import DurableFiles
import SystemPackage
import WorkerPool

extension BlobPlace {
  /// Whether two names below the root stand for one file, or for two with the same bytes: what a change that was
  /// broken off between its two names leaves behind, also after a backup has made two files of it.
  func isSame(_ first: FilePath, _ second: FilePath, cancellation: CancellationFlag) throws -> Bool {
    let files = [try OpenFile(below: root, first), try OpenFile(below: root, second)]
    let stamps = try files.map { try $0.stamp() }
    if stamps[0].device == stamps[1].device, stamps[0].inode == stamps[1].inode { return true }
    guard stamps[0].size == stamps[1].size else { return false }
    let digests = try files.map { try FileDigest(reading: $0, cancellation: cancellation) }
    guard let one = digests[0], let other = digests[1] else { return false }
    return one.checksum == other.checksum
  }
}
