import Synchronization
import TestSupport

/// Which states of the copy a reader may see, and what readers saw.
final class ReaderLedger: Sendable {
  private struct State {
    var begun = 0
    var published = 0
    /// Generations over which strays were written.
    var strayed: Set<Int> = []
    var isOver = false
    var listings: [String: Int] = [:]
    var complaints: [String] = []
  }

  private let generations: [String: Int]
  private let stray: String
  private let state = Mutex(State())

  init(_ fixture: ReaderFixture) {
    generations = Dictionary(uniqueKeysWithValues: fixture.generations.enumerated().map { ($1, $0) })
    stray = fixture.stray
  }

  // MARK: The writer

  func begin(_ generation: Int) { state.withLock { $0.begun = generation } }
  func publish(_ generation: Int) { state.withLock { $0.published = generation } }
  func letStray(over generation: Int) { state.withLock { _ = $0.strayed.insert(generation) } }
  func end() { state.withLock { $0.isOver = true } }

  // MARK: The readers

  var isOver: Bool { state.withLock { $0.isOver || !$0.complaints.isEmpty } }
  var listings: [String: Int] { state.withLock { $0.listings } }
  var complaints: [String] { state.withLock { $0.complaints } }

  /// Takes one listing and judges it.
  ///
  /// - Parameter list: gives lines `OID NAME`, and `ref: TARGET HEAD` where the reader prints it.
  func watch(_ reader: String, _ list: () throws -> [String]) {
    do {
      let first = state.withLock { $0.published }
      let lines = try list()
      let (last, strayed) = state.withLock { ($0.begun, $0.strayed) }
      try judge(lines, from: first, to: last, strayed)
      state.withLock { $0.listings[reader, default: 0] += 1 }
    } catch {
      state.withLock { $0.complaints.append("\(reader): \(error)") }
    }
  }

  private func judge(_ lines: [String], from first: Int, to last: Int, _ strayed: Set<Int>) throws {
    var seen: [Int: Int] = [:]
    var strays = 0
    for line in lines {
      guard let space = line.firstIndex(where: { $0 == " " || $0 == "\t" }) else {
        throw TestSupportError("no ref: \(line)")
      }
      let (value, name) = (line[..<space], line[line.index(after: space)...])
      if line.hasPrefix("ref: ") {
        let target = name.split(whereSeparator: \.isWhitespace)[0]
        guard let head = Int(target.dropFirst("refs/heads/r".count)), (first...last).contains(head) else {
          throw TestSupportError("HEAD is \(target), published were \(first) to \(last)")
        }
      } else if name == "HEAD" {
        // Read apart from the refs; its target was judged.
      } else if value == stray {
        strays += 1
      } else if let generation = generations[String(value)] {
        seen[generation, default: 0] += 1
      } else {
        throw TestSupportError("nobody published \(line)")
      }
    }
    guard seen.count == 1, let generation = seen.keys.first, (first...last).contains(generation) else {
      throw TestSupportError("a mix: refs by generation \(seen), \(strays) strays, published were \(first) to \(last)")
    }
    let count = seen[generation] ?? 0
    let isWhole = count == ReaderFixture.refCount && strays <= (strayed.contains(generation) ? 1 : 0)
    let isStrayed = count == ReaderFixture.refCount - 1 && strays >= 1 && strays <= 2 && strayed.contains(generation)
    guard isWhole || isStrayed else {
      throw TestSupportError("\(count) refs of generation \(generation) and \(strays) strays")
    }
  }
}
