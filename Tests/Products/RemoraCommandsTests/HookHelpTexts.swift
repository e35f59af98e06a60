/// The whole help of `remora hook`, as printed without a terminal (80 columns).
enum HookHelpTexts {
  static let hook = """
    OVERVIEW: Write, take away and look at the hooks that announce pushes.

    A hook never fails or delays a push. A post-receive hook that is there is
    kept as post-receive.remora-chained and runs first.

    Examples:
      remora hook install /srv/git/project.git
      remora hook install --global /srv/git
      remora hook status --global /srv/git --json

    USAGE: remora hook <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      install                 Write the post-receive hook of repositories.
      uninstall               Take the hook away again; a hook that was chained
                              gets its place back.
      status                  Tell which repositories announce their pushes.

      See 'remora help hook <subcommand>' for detailed help.
    """

  static let install = """
    OVERVIEW: Write the post-receive hook of repositories.

    Writing it again changes nothing. Kind and id come from the configuration, by
    the root that a repository lies below, or from --name and --id.

    USAGE: remora hook install [<repository> ...] [--global <root>] [--json] [--config <file>] [--name <name>] [--id <id>]

    ARGUMENTS:
      <repository>            Bare repositories.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --name <name>           The kind of one repository, by hand.
      --id <id>               The id of one repository, by hand.

    OPTIONS:
      --global <root>         Every bare repository below this directory.
      --json                  Print one JSON object a repository.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let uninstall = """
    OVERVIEW: Take the hook away again; a hook that was chained gets its place back.

    USAGE: remora hook uninstall [<repository> ...] [--global <root>] [--json]

    ARGUMENTS:
      <repository>            Bare repositories.

    OPTIONS:
      --global <root>         Every bare repository below this directory.
      --json                  Print one JSON object a repository.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let status = """
    OVERVIEW: Tell which repositories announce their pushes.

    Run it as the user who receives pushes: whether that user can write to the
    agent's spool is part of the answer. Exit 1 when a repository does not
    announce its pushes, 2 when that is so of some of several.

    USAGE: remora hook status [<repository> ...] [--global <root>] [--json] [--config <file>] [--name <name>] [--id <id>]

    ARGUMENTS:
      <repository>            Bare repositories.

    AGENT:
      --config <file>         The agent's configuration (else REMORA_CONFIG, else
                              /etc/remora/remora.yaml).
      --name <name>           The kind of one repository, by hand.
      --id <id>               The id of one repository, by hand.

    OPTIONS:
      --global <root>         Every bare repository below this directory.
      --json                  Print one JSON object a repository.
      --version               Show the version.
      -h, --help              Show help information.
    """
}
