/// The whole help of `remora token`.
enum TokenHelpTexts {
  static let token = """
    OVERVIEW: Make, list and revoke the tokens of an agent that have names.

    They are in tokens.json of the agent's state directory, by their digests.
    The agent takes a change when it is reloaded (SIGHUP).

    Examples:
      remora token new grafana --role reader --expires 90d
      remora token new ci --role admin --kind project_repository
      remora token revoke grafana && systemctl reload remora

    USAGE: remora token <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      new                     Make a token and print it, once: only its digest is
                              kept.
      list                    List names, roles and ends of the tokens.
      revoke                  Take a token out.

      See 'remora help token <subcommand>' for detailed help.
    """

  static let new = """
    OVERVIEW: Make a token and print it, once: only its digest is kept.

    USAGE: remora token new <name> [--role <role>] [--expires <time>] [--kind <name> ...] [--config <file>]

    ARGUMENTS:
      <name>                  Its name, which the audit log shows.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).

    OPTIONS:
      --role <role>           reader, to look; admin, to look and to change.
                              (values: reader, admin; default: reader)
      --expires <time>        After which it is refused, such as 12h or 90d; never
                              unless given.
      --kind <name>           A kind that it is for; may be given again. The whole
                              site unless given.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let list = """
    OVERVIEW: List names, roles and ends of the tokens.

    USAGE: remora token list [--json] [--config <file>]

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).

    OPTIONS:
      --json                  Print one JSON object a token.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let revoke = """
    OVERVIEW: Take a token out.

    USAGE: remora token revoke <name> [--config <file>]

    ARGUMENTS:
      <name>                  Its name.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.
    """
}
