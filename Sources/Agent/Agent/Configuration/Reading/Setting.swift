/// One scalar key: its form, its default, and whether a reload applies it.
struct Setting: Sendable {
  enum Form: Sendable {
    case text, siteName, sshClient, role, listen, flag, url, logLevel
    /// An absolute path; a file that can be read; a file with a secret.
    case path, file, secretFile
    case count(ClosedRange<UInt64>)
    case size(ClosedRange<UInt64>)
    case duration(ClosedRange<Duration>)
  }

  enum Fallback: Sendable {
    case required
    /// None, or the default in the article.
    case none
    case value(String)
  }

  /// Dotted.
  let key: String
  let form: Form
  let fallback: Fallback
  /// Whether a reload applies it; otherwise a restart is needed.
  let isReloadable: Bool

  init(_ key: String, _ form: Form, _ fallback: Fallback, reload: Bool = false) {
    self.key = key
    self.form = form
    self.fallback = fallback
    isReloadable = reload
  }

  /// `limits.repository_syncs` is `REMORA_LIMITS_REPOSITORY_SYNCS`.
  var variable: String { "REMORA_" + key.uppercased().replacing(".", with: "_") }

  static let all: [Setting] =
    [
      Setting("site.name", .siteName, .required),
      Setting("site.role", .role, .required),
      Setting("site.url", .url, .none),
      Setting("state", .path, .required),
      Setting("listen", .listen, .value("127.0.0.1:7170")),
      Setting("insecure", .flag, .value("false")),
      Setting("tls.certificate_file", .file, .none),
      Setting("tls.key_file", .file, .none),
      Setting("tls.ca_file", .file, .none),
      Setting("admin_token_file", .secretFile, .none, reload: true),
      Setting("reader_token_file", .secretFile, .none, reload: true),
      Setting("hook_group", .text, .none),
      Setting("serve_git", .flag, .none),
      Setting("primary.url", .url, .none),
      Setting("primary.name", .siteName, .none),
      Setting("primary.secret_file", .secretFile, .none, reload: true),
      Setting("sources.netrc_file", .file, .none),
      Setting("sources.certificate_file", .file, .none),
      Setting("sources.key_file", .file, .none),
      Setting("sources.ssh.client", .sshClient, .value("automatic")),
      Setting("sources.ssh.passphrase_file", .file, .none),
      Setting("sources.ssh.config_file", .file, .none),
      Setting("notify.webhook", .text, .none),
      Setting("notify.command", .file, .none),
      Setting("log.level", .logLevel, .value("info"), reload: true),
    ] + limits + times

  private static let limits: [Setting] =
    [
      Setting("limits.repository_syncs", .count(1...256), .value("4"), reload: true),
      Setting("limits.blob_downloads", .count(1...256), .value("4"), reload: true),
      Setting("limits.verifications", .count(1...256), .value("2"), reload: true),
      Setting("limits.housekeepings", .count(1...256), .value("1"), reload: true),
      Setting("limits.checks", .count(1...256), .value("1"), reload: true),
      Setting("limits.connect", .duration(.seconds(1) ... .seconds(600)), .value("30s")),
      Setting("limits.silence", .duration(.seconds(1) ... .seconds(3_600)), .value("60s")),
      Setting("limits.run", .duration(.seconds(10)...days(7)), .value("6h")),
      Setting("limits.refs", .count(1...100_000_000), .value("5000000")),
      Setting("limits.advertisement_bytes", .size(1 << 16...1 << 36), .value("1GiB")),
      Setting("limits.pack_bytes", .size(1 << 20...1 << 50), .value("100GiB")),
      Setting("limits.pack_objects", .count(1...4_000_000_000), .value("50000000")),
      Setting("limits.blob_bytes", .size(1...1 << 50), .value("1TiB")),
      Setting("limits.free_disk", .size(0...1 << 50), .value("64MiB")),
      Setting("limits.request_bytes", .size(1 << 10...1 << 30), .value("1MiB")),
      Setting("limits.request_memory", .size(32 << 20...1 << 36), .value("128MiB")),
      Setting("limits.request_spool", .size(64 << 20...1 << 44), .value("2GiB")),
      Setting("limits.connections", .count(8...100_000), .value("1024")),
      Setting("limits.connections_per_client", .count(4...100_000), .value("256")),
      Setting("limits.requests_per_second", .count(1...1_000_000), .value("2000")),
      Setting("limits.wrong_tokens_per_minute", .count(1...100_000), .value("5")),
      Setting("limits.refusals_per_minute", .count(1...1_000_000), .value("1200")),
      Setting("limits.upload_packs", .count(1...1_000), .value("8")),
      Setting("limits.upload_packs_per_asker", .count(1...1_000), .value("4")),
      Setting("limits.minimum_rate", .size(0...1 << 30), .value("1KiB")),
      Setting("limits.streams", .count(1...10_000), .value("64")),
    ]

  private static let times: [Setting] =
    [
      Setting("verification.interval", .duration(.seconds(60)...days(365)), .value("7d")),
      Setting("check.interval", .duration(.seconds(10)...days(3_650)), .value("30d")),
      Setting("history.keep", .duration(.seconds(60)...days(3_650)), .value("30d")),
      Setting("notify.after", .duration(.seconds(1)...days(7)), .value("10m")),
      Setting("notify.lag", .duration(.seconds(1)...days(30)), .value("15m")),
      Setting("ready.lag", .duration(.seconds(1)...days(30)), .value("15m")),
      Setting("poll.min_interval", .duration(.seconds(1)...days(1)), .value("60s")),
      Setting("poll.max_interval", .duration(.seconds(1)...days(30)), .value("6h")),
      Setting("poll.per_minute", .count(1...100_000), .value("60")),
      Setting("scan.interval", .duration(.seconds(1)...days(1)), .value("60s")),
      Setting("scan.full_interval", .duration(.seconds(1)...days(7)), .value("1h")),
      Setting("consistency.interval", .duration(.seconds(1)...days(1)), .value("1m")),
      Setting("trash.keep", .duration(.seconds(0)...days(3_650)), .value("7d")),
      Setting("events.keep", .duration(.seconds(60)...days(3_650)), .value("7d")),
      Setting("events.keep_bytes", .size(1 << 20...1 << 40), .value("1GiB")),
    ]

  private static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }

  static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

  /// The keys that are no scalars: they have no variable.
  static let compounds = [
    "trusted_owners", "hosts", "trusted_proxies", "secondaries", "sources.tokens", "sources.ssh.keys",
    "sources.ssh.known_hosts",
    "replicables",
  ]
}
