import AgentAPI
import EventLog
import Replication
import Scheduling
import Testing

@Suite("Words of the API and states of the domain")
struct DomainWordTests {
  @Test("each state that an agent has is a word of the API")
  func words() {
    #expect(SyncWord.words == SyncState.allCases.map(\.rawValue))
    #expect(VerificationWord.words == VerificationState.allCases.map(\.rawValue))
    #expect(EventWord.words == SpooledEvent.Word.allCases.map(\.rawValue))
    #expect(JobWord.words == JobPurpose.allCases.map(\.rawValue))
    #expect(
      RegistrySort.words == RegistryQuery.Order.allCases.flatMap { ["\($0.rawValue)_asc", "\($0.rawValue)_desc"] })
    #expect(NotOffered.allCases.allSatisfy { NotReplicatedReason(rawValue: $0.rawValue) != nil })
  }
}
