internal import AgentAPI
package import StateFiles

extension StateFormat where Value: Codable {
  /// The JSON of the API (`AgentJSON`) with a newline: for files of values that the API has, without a version.
  package static var agentJSON: StateFormat {
    StateFormat { value in
      try AgentJSON.encode(value) + [UInt8(ascii: "\n")]
    } decode: { bytes in
      try AgentJSON.decode(Value.self, from: bytes)
    }
  }
}
