import RegistryStore
import Testing

@Suite("Registry store errors")
struct RegistryStoreErrorTests {
  @Test("an error says its one line") func line() {
    #expect("\(RegistryStoreError("open 'x': torn"))" == "open 'x': torn")
  }
}
