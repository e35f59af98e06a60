import Replication

/// Feature flags and differences that are forgotten with the process.
actor MemoryFeatures: FeatureStoring {
  private var settings: [String: Bool] = [:]

  func setting(of feature: String) -> Bool? { settings[feature] }
  func set(_ feature: String, to value: Bool?) { settings[feature] = value }
}

actor MemoryDifferences: DifferenceStoring {
  private var kept: [ReplicableID: [Difference]] = [:]

  func record(_ differences: [Difference], of id: ReplicableID) { kept[id] = differences.isEmpty ? nil : differences }
  func differences(of id: ReplicableID) -> [Difference] { kept[id] ?? [] }
}
