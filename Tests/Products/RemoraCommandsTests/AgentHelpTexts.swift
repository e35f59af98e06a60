/// The help of the commands that run and ask agents, as they print it.
enum AgentHelpTexts {
  static let quickstart = """
    OVERVIEW: Show two agents at work on this machine, and leave nothing behind.

    Starts a primary and a secondary in a temporary directory, with copies of a
    repository, and then pushes, force-pushes, tampers, destroys and restores.
    Needs git. Nothing outside the temporary directory is written.

    Example:
      remora quickstart fixtures/sample.git

    USAGE: remora quickstart <repository>

    ARGUMENTS:
      <repository>            The repository to play with; only read.

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let agent = """
    OVERVIEW: Run a primary or a secondary, in the foreground.

    SIGTERM and Ctrl-C stop it within ten seconds and leave nothing half done;
    SIGHUP reads the configuration again. Log lines go to standard error.

    Examples:
      remora config example primary > remora.yaml
      remora agent --config remora.yaml

    USAGE: remora agent [--config <file>]

    OPTIONS:
      --config <file>         The configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let status = """
    OVERVIEW: Show how an agent is: counts, lag, running jobs, problems.

    Exit 0: healthy. Exit 1: something needs a person, or the agent does not
    answer.

    Examples:
      remora status --config /etc/remora/remora.yaml
      remora status --url https://berlin.example.org:7170 --token-file reader.token
      remora status --watch

    USAGE: remora status [--json] [--watch] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print the agent's JSON object.
      --watch                 Show it again every second, until Ctrl-C.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let registry = """
    OVERVIEW: Look at what an agent knows of each replicable, and ask for work.

    Examples:
      remora registry list --state failed
      remora registry show group/project
      remora registry resync --failed

    USAGE: remora registry <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      list                    List the entries of all kinds, or of one, in order of
                              their ids.
      show                    Show all that is known of one replicable, with the
                              lines that differ.
      resync                  Sync copies now, whatever their back-off says.
      reverify                Verify copies now; on a primary, read checksums now.
      recheck                 Check the objects of copies now; with --failed of
                              those found damaged.
      confirm-removals        Let the removals go on that wait, because too much
                              would go within a day.

      See 'remora help registry <subcommand>' for detailed help.
    """

  static let registryList = """
    OVERVIEW: List the entries of all kinds, or of one, in order of their ids.

    USAGE: remora registry list [--state <state>] [--verification-state <verification-state>] [--limit <limit>] [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --state <state>         Only those whose sync is pending, started, synced or
                              failed.
      --verification-state <verification-state>
                              Only those whose verification is pending, started,
                              succeeded, failed or disabled.
      --limit <limit>         So many of each kind; all without.
      --json                  Print one JSON object an entry.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let registryShow = """
    OVERVIEW: Show all that is known of one replicable, with the lines that differ.

    USAGE: remora registry show <id> [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <id>                    The id.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print a JSON object: entry or state, and differences.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let registryResync = """
    OVERVIEW: Sync copies now, whatever their back-off says.

    USAGE: remora registry resync [<ids> ...] [--failed] [--all] [--redownload] [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <ids>                   Ids.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --failed                All that failed.
      --all                   All.
      --redownload            Fetch everything anew, beside the copy that is there.
      --json                  Print a JSON object.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let registryReverify = """
    OVERVIEW: Verify copies now; on a primary, read checksums now.

    USAGE: remora registry reverify [<ids> ...] [--failed] [--all] [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <ids>                   Ids.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --failed                All that failed.
      --all                   All.
      --json                  Print a JSON object.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let registryRecheck = """
    OVERVIEW: Check the objects of copies now; with --failed of those found damaged.

    USAGE: remora registry recheck [<ids> ...] [--failed] [--all] [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <ids>                   Ids.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --failed                All that failed.
      --all                   All.
      --json                  Print a JSON object.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let registryConfirmRemovals = """
    OVERVIEW: Let the removals go on that wait, because too much would go within a
    day.

    USAGE: remora registry confirm-removals [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print a JSON object.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let explain = """
    OVERVIEW: Tell why one replicable is as it is, what happens next, and when.

    Example:
      remora explain group/project

    USAGE: remora explain <id> [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <id>                    The id.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print the agent's JSON object.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let events = """
    OVERVIEW: List the event log of a primary, oldest first.

    Examples:
      remora events --json
      remora events --follow

    USAGE: remora events [--after <after>] [--limit <limit>] [--follow] [--json] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --after <after>         Only what follows this cursor, LOG:ID:CHAIN.
      --limit <limit>         So many; all without.
      --follow                Wait for more, until Ctrl-C.
      --json                  Print one JSON object an event.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let event = """
    OVERVIEW: Tell a primary what happened to a replicable.

    'destroy' alone destroys nothing: each secondary asks the primary, and
    believes what is on its disk.

    Examples:
      remora event push project_repository group/project
      remora event destroy release_asset 2026/archive.tar.gz

    USAGE: remora event <event> <name> <id> [--hook] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <event>                 push, update or destroy. (values: push, update,
                              destroy)
      <name>                  The kind.
      <id>                    The id: a repository's path below the root without
                              .git.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --hook                  Run as a post-receive hook: read the ref changes,
                              fall back to the spool.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let trash = """
    OVERVIEW: List, restore and empty the trash of a secondary.

    USAGE: remora trash <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      list                    List what lies there, newest first.
      restore                 Bring a copy back to its place.
      empty                   Remove for good what has lain there for longer than
                              some days.

      See 'remora help trash <subcommand>' for detailed help.
    """

  static let trashList = """
    OVERVIEW: List what lies there, newest first.

    USAGE: remora trash list [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print one JSON object a copy.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let trashRestore = """
    OVERVIEW: Bring a copy back to its place.

    Should the primary not have it any more, it stays until 'registry
    confirm-removals'.

    Example:
      remora trash restore 1795434334971-a683ee35d56d1777

    USAGE: remora trash restore <name> [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <name>                  Its name in the trash, as 'trash list' shows it.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print a JSON object.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let trashEmpty = """
    OVERVIEW: Remove for good what has lain there for longer than some days.

    USAGE: remora trash empty --older-than-days <older-than-days> [--json] [--kind <name>] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --older-than-days <older-than-days>
                              Days; 0 removes all.
      --json                  Print a JSON object.
      --kind <name>           The kind, where it is not clear by itself.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let promote = """
    OVERVIEW: Make this secondary the primary.

    Looks first: nothing may be unsynced, unverified or never checked, and the
    primary must answer and have no event that is not here. Then it is fenced (its
    agent refuses everything, also after a restart), and this agent goes on as a
    primary. Pushes to the old host are not fenced: stop its Git server.

    Exit status 0: promoted, or would be; 1: something stands against it.

    Examples:
      remora promote --dry-run
      remora promote
      remora promote --force

    USAGE: remora promote [--force] [--dry-run] [--json] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --force                 Also when something would be lost, or the primary
                              does not answer.
      --dry-run               Only say what would be.
      --json                  Print a JSON object.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let epoch = """
    OVERVIEW: Show or correct the epoch of a site.

    Each promotion has a higher epoch than the one before, and only the primary
    of the highest epoch is one. Sites take each other's epochs by themselves;
    'set' is for a wrong one, as after a state directory was restored from a
    backup. It fences no site and promotes none.

    Examples:
      remora epoch show
      remora epoch set 3

    USAGE: remora epoch <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      show (default)          Show the epoch.
      set                     Set the epoch, also to a lower one: at each site that
                              has a wrong one.

      See 'remora help epoch <subcommand>' for detailed help.
    """

  static let epochShow = """
    OVERVIEW: Show the epoch.

    USAGE: remora epoch show [--json] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print a JSON object.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let epochSet = """
    OVERVIEW: Set the epoch, also to a lower one: at each site that has a wrong one.

    USAGE: remora epoch set <epoch> [--json] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <epoch>                 The epoch.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print a JSON object.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let feature = """
    OVERVIEW: List, enable and disable the replication of kinds.

    Example:
      remora feature disable geo_project_repository_replication

    USAGE: remora feature <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      list                    List the flags.
      enable                  Switch a kind on; a full consistency pass follows.
      disable                 Switch a kind off: nothing of it is published or
                              consumed.

      See 'remora help feature <subcommand>' for detailed help.
    """

  static let featureList = """
    OVERVIEW: List the flags.

    USAGE: remora feature list [--json] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print one JSON object a flag.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let featureEnable = """
    OVERVIEW: Switch a kind on; a full consistency pass follows.

    USAGE: remora feature enable <name> [--json] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <name>                  The flag.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print one JSON object a flag.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let featureDisable = """
    OVERVIEW: Switch a kind off: nothing of it is published or consumed.

    USAGE: remora feature disable <name> [--json] [--config <file>] [--url <url>] [--token-file <file>] [--ca-file <file>]

    ARGUMENTS:
      <name>                  The flag.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --url <url>             The agent's URL, in place of its configuration (else
                              REMORA_URL).
      --token-file <file>     File with the token for the URL (else
                              REMORA_TOKEN_FILE).
      --ca-file <file>        PEM file of the authorities to trust in place of the
                              system's.

    OPTIONS:
      --json                  Print one JSON object a flag.
      --version               Show the version.
      -h, --help              Show help information.
    """
}
