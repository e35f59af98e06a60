/// Where changed feature flags are kept.
public protocol FeatureStoring: Sendable {
  /// Returns the operator's setting of the feature; `nil` when there is none.
  func setting(of feature: String) async throws -> Bool?

  /// Sets the feature, or with `nil` removes the setting; durable on return.
  func set(_ feature: String, to value: Bool?) async throws
}
