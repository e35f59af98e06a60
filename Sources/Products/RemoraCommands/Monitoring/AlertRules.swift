/// Alert rules for Prometheus: each names the problem and the remedy for the operator. Their durations avoid alerts for
/// short failures.
enum AlertRules {
  static let text = """
    # rule_files of Prometheus. Both sites are scraped, by a job called 'remora'; 'instance' names the site.
    groups:
      - name: remora
        rules:
          - alert: RemoraAway
            expr: up{job="remora"} == 0
            for: 5m
            labels: { severity: critical }
            annotations:
              summary: "the agent at {{ $labels.instance }} does not answer"
              description: "See whether it runs: systemctl status remora. Nothing is copied meanwhile."
          - alert: RemoraDown
            expr: remora_up == 0
            for: 5m
            labels: { severity: critical }
            annotations:
              summary: "{{ $labels.instance }} cannot read its own state"
              description: "Look into the agent's log: journalctl -u remora."
          - alert: RemoraLagging
            expr: remora_oldest_unsynced_seconds > 900
            for: 5m
            labels: { severity: warning }
            annotations:
              summary: "a change waits for {{ $value | humanizeDuration }} on {{ $labels.instance }}"
              description: "'remora status' names the replicable that waits longest, and why."
          - alert: RemoraPrimaryUnreachable
            expr: remora_primary_reachable == 0
            for: 10m
            labels: { severity: critical }
            annotations:
              summary: "{{ $labels.instance }} cannot reach its primary"
              description: "Copies there are as they were, and grow old."
          - alert: RemoraNotReady
            expr: remora_ready == 0
            for: 15m
            labels: { severity: warning }
            annotations:
              summary: "{{ $labels.instance }} is not ready: its copies are behind, or were not compared with the primary"
              description: "'remora status' there says why."
          - alert: RemoraSecondarySilent
            expr: remora_secondary_healthy == 0
            for: 15m
            labels: { severity: warning }
            annotations:
              summary: "the site {{ $labels.secondary }} is not healthy"
              description: "'remora status' there says why; if it does not answer, see whether its agent runs."
          - alert: RemoraMismatch
            expr: remora_mismatched_copies > 0
            for: 10m
            labels: { severity: critical }
            annotations:
              summary: "{{ $value }} copies of {{ $labels.kind }} differ from the primary on {{ $labels.instance }}"
              description: "They are fetched anew by themselves. If it lasts, 'remora explain ID' names the refs that differ."
          - alert: RemoraDamagedCopies
            expr: remora_damaged_copies > 0
            for: 1h
            labels: { severity: critical }
            annotations:
              summary: "{{ $value }} copies of {{ $labels.kind }} are damaged on {{ $labels.instance }}"
              description: "They are fetched anew by themselves; if it happens again, look at that disk."
          - alert: RemoraRemovalsWaiting
            expr: remora_removals_waiting > 0
            for: 5m
            labels: { severity: warning }
            annotations:
              summary: "{{ $value }} removals of {{ $labels.kind }} wait for a confirmation on {{ $labels.instance }}"
              description: "If that many were meant to go: remora registry confirm-removals --kind {{ $labels.kind }}"
          - alert: RemoraCatalogIncomplete
            expr: remora_catalog_complete == 0
            for: 30m
            labels: { severity: warning }
            annotations:
              summary: "the listing of {{ $labels.kind }} is not complete"
              description: "'remora status --json' on the primary shows what was left out; nothing is removed until it is mended."
          - alert: RemoraUnhealthy
            expr: remora_healthy == 0
            for: 1h
            labels: { severity: warning }
            annotations:
              summary: "something on {{ $labels.instance }} needs a person"
              description: "'remora status' there says what."

    """
}
