import Agent
import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import Logging
import Replication
import Synchronization
import TestSupport
import Testing

@testable import AgentServer

/// Both agents in one process, on real repositories and real connections.
@Suite(.serialized) struct PairTests {
  @Test func `a push is visible and verified elsewhere`() async throws {
    try await withTemporaryDirectory("pair") { directory in
      let fixture = try PairFixture(directory)
      let source = try fixture.repository("group/project")
      try await fixture.run { pair in
        try await pair.untilVerified("group/project")
        #expect(try fixture.copy("group/project").view() == source.view())
        try source.change { builder in
          builder.ref("refs/heads/topic", at: builder.commit(["b": "two"]))
        }
        try await pair.push("group/project")
        try await pair.untilVerified("group/project")
        #expect(try fixture.copy("group/project").view() == source.view())
      }
    }
  }
}
