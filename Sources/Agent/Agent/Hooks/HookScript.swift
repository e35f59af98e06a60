/// The `post-receive` hook that notifies the agent of each push: a script of POSIX sh with four values at its top.
///
/// It never fails and never delays a push for long: the notification is ended after three seconds, and a failure is one
/// line to the pusher and one to syslog. An existing hook runs first, with the same input, and its exit status is
/// returned.
package struct HookScript: Hashable, Sendable {
  /// The `remora` to run, an absolute path.
  package let program: String
  /// The agent's configuration, an absolute path.
  package let configuration: String
  /// The kind of the repository.
  package let name: String
  /// The id within the kind.
  package let id: String

  /// - Returns: `nil` when a value has a line end or a NUL, which a script cannot contain.
  package init?(program: String, configuration: String, name: String, id: String) {
    let values = [program, configuration, name, id]
    guard values.allSatisfy({ !$0.utf8.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) }) else { return nil }
    self.program = program
    self.configuration = configuration
    self.name = name
    self.id = id
  }

  /// Parses a script; `nil` when it is not Remora's, or was changed.
  package init?(parsing bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    func value(_ key: String) -> String? {
      lines.first { $0.hasPrefix("\(key)='") && $0.hasSuffix("'") && $0.count >= key.count + 3 }.map { line in
        String(line.dropFirst(key.count + 2).dropLast()).replacing("'\\''", with: "'")
      }
    }
    guard let program = value("program"), let configuration = value("config"), let name = value("name"),
      let id = value("id"),
      let script = HookScript(program: program, configuration: configuration, name: name, id: id),
      script.text.utf8.elementsEqual(bytes)
    else { return nil }
    self = script
  }

  /// Whether a script is Remora's, even if it was changed.
  package static func isOurs(_ bytes: [UInt8]) -> Bool {
    bytes.prefix(4096).split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: mark.utf8) }
  }

  private static let mark = "# remora-hook "

  /// The script.
  package var text: String {
    """
    #!/bin/sh
    \(Self.mark)1: written by 'remora hook install', taken away by 'remora hook uninstall'.
    # Tells the agent of a push, and neither fails nor delays it. What else shall run on a push belongs into
    # post-receive.remora-chained beside this file: it runs first, with the same input.
    program=\(Self.quoted(program))
    config=\(Self.quoted(configuration))
    name=\(Self.quoted(name))
    id=\(Self.quoted(id))

    chained="${0%/*}/post-receive.remora-chained"
    limit=
    command -v timeout >/dev/null 2>&1 && limit='timeout -k 1 3'

    tell() {
      $limit "$program" event push --hook --config "$config" -- "$name" "$id" 2>&1 >/dev/null
    }

    status=0
    if [ -x "$chained" ]; then
      # The dot keeps the line ends at the end.
      changes=$(cat; echo .)
      changes=${changes%.}
      printf '%s' "$changes" 2>/dev/null | "$chained" "$@"
      status=$?
      said=$(printf '%s' "$changes" 2>/dev/null | tell)
      told=$?
    else
      said=$(tell)
      told=$?
    fi
    if [ "$told" -ne 0 ]; then
      said=$(printf '%s' "${said:-no answer in time}" | head -n 1)
      printf '%s\\n' "remora: the push is safe, but its copies were not told ($said); they find out by themselves" >&2
      $limit logger -t remora -p daemon.warning -- "hook of $name $id: status $told: $said" >/dev/null 2>&1
    fi
    exit "$status"

    """
  }

  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
