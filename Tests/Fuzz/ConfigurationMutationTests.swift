import Agent
import TestSupport
import Testing

/// The agent's configuration by the same changes as the other readers; it stays out of `LibFuzzer/run`, which would have to
/// instrument half of the program for it.
@Suite("Fuzzed configurations")
struct ConfigurationMutationTests {
  @Test("changed configurations are refused with places in them, or read the same twice")
  func changed() throws {
    let examples = AgentConfiguration.Role.allCases.map { role in
      (name: role.rawValue, bytes: Array(AgentConfiguration.example(role).replacing("# ", with: "").utf8))
    }
    let plain = AgentConfiguration.Role.allCases.map { role in
      (name: role.rawValue, bytes: Array(AgentConfiguration.example(role).utf8))
    }
    let words = [
      "&a ", "*a", "{", "}", "[", "]", "- ", ": ", "\n", "? ", "!!binary ", "|\n", "''", "<<: ", "%YAML 9\n", "---\n",
    ]
    let more = Seeds(inputs: examples + plain, words: words.map { Array($0.utf8) } + (try Seeds(.kind).words))
    var mutator = Mutator(more, seed: 20_261_123)
    var accepted = 0
    for number in 0..<1_500 {
      let bytes = mutator.next()
      do {
        let read = try AgentConfiguration.read(bytes, file: "f", environment: [:], checksFiles: false)
        let again = try AgentConfiguration.read(bytes, file: "f", environment: [:], checksFiles: false)
        #expect(read.changes(to: again) == [], "input \(number)")
        accepted += 1
      } catch {
        let lines = bytes.count { $0 == 0x0a || $0 == 0x0d } + 2
        let isPlaced = error.issues.allSatisfy { $0.line >= 0 && $0.line <= lines }
        #expect(isPlaced, "input \(number): \(error)")
      }
    }
    #expect(accepted > 0)
  }
}
