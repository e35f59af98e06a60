import AgentAPI
import Foundation
import Testing

/// No number of another program is one with which counting could overflow.
@Suite("Numbers of the API")
struct AgentNumberTests {
  private static func isAccepted(_ text: [UInt8]) -> Bool {
    text.withUnsafeBytes { bytes in
      // Why is of no interest here.
      (try? AgentNumber.check(bytes)) != nil
    }
  }

  private static func isAccepted(_ text: String) -> Bool { isAccepted(Array(text.utf8)) }

  @Test(
    "numbers up to 2^53 - 1 are taken, in every spelling",
    arguments: [
      "0", "-0", "1", "-1", "9007199254740991", "-9007199254740991", "9.007199254740991e15", "1e15", "0.1", "1E-400",
      "0.00000000000000000000000000000001", "123456789012345.25", "[1,2,3]", #"{"a":1,"b":[2.5,{"c":-3}]}"#,
      #""18446744073709551615""#, #"{"18446744073709551616":1}"#, #"["\"18446744073709551616\\",1]"#, "", "true",
      "null",
    ])
  func accepted(text: String) { #expect(Self.isAccepted(text)) }

  @Test(
    "larger ones are refused, wherever they stand and however they are written",
    arguments: [
      "9007199254740992", "-9007199254740992", "9223372036854775807", "18446744073709551615", "18446744073709551616",
      "1e16", "1E+300", "-1e16", "1e999", "99999999999999999999e-2", "[1,18446744073709551615]",
      #"{"epoch":18446744073709551615}"#, #"{"a":{"b":[{"c":9007199254740992}]}}"#, #"["\\",9007199254740992]"#,
      #"["a\"",9007199254740992,"b"]"#, "1" + String(repeating: "0", count: 1_000),
      "0." + String(repeating: "0", count: 1_000) + "1",
    ])
  func refused(text: String) { #expect(!Self.isAccepted(text)) }

  @Test("a text of another encoding, whose digits the check would not find, is refused")
  func encodings() {
    for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32, .utf32LittleEndian] {
      let text = #"{"site":"x","epoch":18446744073709551615,"last_event_id":1}"#
      let bytes = Array(text.data(using: encoding) ?? Data())
      #expect(!bytes.isEmpty && !Self.isAccepted(bytes), "\(encoding)")
      #expect(throws: (any Error).self) { try AgentJSON.decode(FenceRow.self, from: bytes) }
    }
  }

  @Test("every row refuses them, in every field")
  func rows() throws {
    func expectRefused<Row: Codable>(_ type: Row.Type, _ text: String) throws {
      // As it is it can be read.
      _ = try AgentJSON.decode(type, from: Array(text.utf8))
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      var count = 0
      for index in parts.indices.dropFirst() where parts[index].first?.isNumber == true {
        for number in ["9007199254740992", "18446744073709551615", "1e30", "-9223372036854775808"] {
          var changed = parts.map(String.init)
          changed[index] = number + parts[index].drop { $0.isNumber }
          let bytes = Array(changed.joined(separator: ":").utf8)
          #expect(throws: (any Error).self, "\(type) \(index) \(number)") { try AgentJSON.decode(type, from: bytes) }
          count += 1
        }
      }
      #expect(count > 0, "\(type) has no number")
    }
    try expectRefused(FenceRow.self, #"{"site":"a","epoch":1,"last_event_id":2}"#)
    try expectRefused(FenceOrder.self, #"{"epoch":1,"last_event_id":2}"#)
    try expectRefused(EpochOrder.self, #"{"epoch":1}"#)
    try expectRefused(EventPage.self, #"{"events":[],"cursor":"a","epoch":1}"#)
    try expectRefused(TrashAction.self, #"{"action":"empty","older_than_seconds":1}"#)
    try expectRefused(ActionAnswer.self, #"{"count":1}"#)
    try expectRefused(
      PromotionRow.self,
      #"{"site":"a","is_promoted":false,"epoch":1,"is_former_fenced":false,"last_event_id":1,"problems":[],"kinds":[]}"#
    )
  }

  @Test("sums and shares never overflow")
  func arithmetic() {
    #expect(Int.max.clampedSum(1) == .max && Int.min.clampedSum(-1) == .min && 2.clampedSum(3) == 5)
    #expect(Int.min.clampedDifference(1) == .min && Int.max.clampedDifference(-1) == .max)
    #expect(UInt64(1).clampedDifference(2) == 0 && UInt64.max.clampedSum(1) == .max)
    #expect(1.share(of: 3, in: 100) == 33 && 3.share(of: 3, in: 100) == 100 && 5.share(of: 3, in: 100) == 100)
    #expect(Int.max.share(of: .max, in: 10_000) == 10_000 && (Int.max - 1).share(of: .max, in: 10_000) == 9_999)
    #expect(1.share(of: 0, in: 100) == 0 && (-1).share(of: 3, in: 100) == 0 && 0.share(of: 3, in: 100) == 0)
    #expect(1.share(of: -3, in: 100) == 0 && Int.min.share(of: .min, in: 100) == 0)
  }
}
