/// The whole help of every command, as printed without a terminal (80 columns).
enum HelpTexts {
  static let root = """
    OVERVIEW: Keeps exact, verified copies of bare git repositories.

    Exit status: 0 all good, 1 failed (or different), 2 some of several failed,
    3 a repository with broken refs, 64 wrong usage, 75 busy (another run or
    another program holds the copy), 130 ended by Ctrl-C, SIGTERM or
    SIGHUP.

    Examples:
      remora mirror https://git.example.org/project.git /srv/copies/project.git
      remora mirror --list repositories.txt --into /srv/copies --jobs 8
      remora verify https://git.example.org/project.git /srv/copies/project.git
      remora history /srv/copies/project.git refs/heads/main
      remora checksum /srv/copies/project.git

    USAGE: remora <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      quickstart              Show two agents at work on this machine, and leave
                              nothing behind.
      mirror                  Make a bare repository an exact copy of another one,
                              or many of many.
      verify                  Compare a copy with what its source advertises, ref
                              by ref.
      checksum                Print the refs checksum of a repository.
      history                 Tell what happened to the refs of a copy, newest
                              first.
      restore                 Bring back what a copy held at a moment.
      check                   Read every byte of a copy, and see that nothing is
                              missing.
      housekeep               Put the packs of a copy together, and free what it no
                              longer keeps.
      forget                  Remove a leaked secret from a copy, its history
                              included.
      agent                   Run a primary or a secondary, in the foreground.
      status                  Show how an agent is: counts, lag, running jobs,
                              problems.
      registry                Look at what an agent knows of each replicable, and
                              ask for work.
      explain                 Tell why one replicable is as it is, what happens
                              next, and when.
      events                  List the event log of a primary, oldest first.
      event                   Tell a primary what happened to a replicable.
      trash                   List, restore and empty the trash of a secondary.
      feature                 List, enable and disable the replication of kinds.
      promote                 Make this secondary the primary.
      epoch                   Show or correct the epoch of a site.
      hook                    Write, take away and look at the hooks that announce
                              pushes.
      token                   Make, list and revoke the tokens of an agent that
                              have names.
      config                  Check an agent's configuration, or begin one.

      See 'remora help <subcommand>' for detailed help.
    """

  static let mirror = """
    OVERVIEW: Make a bare repository an exact copy of another one, or many of many.

    SOURCE is a URL (https, http, ssh, git, file), USER@HOST:PATH or a path.
    DESTINATION is a bare repository; it is made if it is missing. After exit 0 it
    has exactly the refs of the source, its HEAD, and every object that they
    reach; refs that the source does not have are gone, and 'remora history' shows
    their last values. All refs change in one step.

    Examples:
      remora mirror https://git.example.org/project.git /srv/copies/project.git
      remora mirror git@git.example.org:project.git /srv/copies/project.git
      remora mirror --exclude-ref refs/pull /srv/git/project.git /backup/p.git
      remora mirror --list repositories.txt --into /srv/copies --jobs 8 --json

    USAGE: remora mirror [<options>] [<source>] [<destination>]

    ARGUMENTS:
      <source>                Where the repository comes from.
      <destination>           The bare repository that becomes the copy.

    CONNECTION:
      --ca-file <ca-file>     Trust the certificates of this PEM file instead of
                              the system's.
      --bearer-token-file <bearer-token-file>
                              Send the token in this file to servers that require
                              authentication (Authorization: Bearer).
      --host-token-file <host=file>
                              Send the token in this file to this host; may be
                              repeated.
      --host-token-env <host=name>
                              Send the token in this variable to this host; may be
                              repeated.
      --client-cert <file>    Show the certificate in this PEM file to servers that
                              ask for one.
      --client-key <file>     The private key of that certificate, in a PEM file.
      --ask                   Ask at the terminal when a server requires a login
                              and no other source has one.
      --netrc-file <file>     Look up logins in this file instead of ~/.netrc.
      --ssh <automatic|libssh2|system>
                              Who speaks SSH. Automatic: libssh2, or the program of
                              GIT_SSH_COMMAND and core.sshCommand, or ssh where
                              libssh2 cannot. (values: automatic, libssh2, system;
                              default: automatic)
      --ssh-key <file>        Use this private key, and no other; may be repeated.
      --ssh-passphrase-file <file>
                              Read the passphrase of the private keys from this
                              file.
      --ssh-known-hosts <file>
                              Know hosts by this file instead of the user's and the
                              system's.
      --ssh-config <file>     Read this file instead of ~/.ssh/config.
      --connect-timeout <seconds>
                              Give up connecting after this time. (default: 30)
      --silence-timeout <seconds>
                              Give up on a server that sends nothing for this time.
                              (default: 60)
      --timeout <seconds>     Give up on a repository after this time. (default:
                              21600)
      --max-refs <count>      Refuse a source that lists more refs. (default:
                              5000000)
      --max-advertisement-bytes <bytes>
                              Refuse a ref listing longer than this. (default:
                              1073741824)
      --max-pack-bytes <bytes>
                              Refuse a pack longer than this. (default:
                              107374182400)

    OPTIONS:
      --list <file>           Mirror every repository of a file: a line each,
                              'SOURCE [RELATIVE-DESTINATION]'; a line with # in
                              front is a comment.
      --into <dir>            Where the copies of --list go.
      --jobs <number>         Repositories at a time with --list. (default: 4)
      --exclude-ref <glob>    Leave out refs that match, and remember it for later
                              runs; give it again to change it, '' to end it. May
                              be repeated. * stands for anything, a name without *
                              for itself and all below it.
      --adopt                 Take over a bare repository that is no copy of this
                              source.
      --dry-run               Say what would be done; write nothing.
      --wait <seconds>        Wait for another run on the same copy (0, with --list
                              60).
      --max-pack-objects <count>
                              Refuse a pack with more objects. (default: 50000000)
      --keep-free <bytes>     Bytes that must stay free on the copy's file system.
                              (default: 67108864)
      --maintenance <seconds> After an update of a copy of more than 50 packs, put
                              them together within so long; 0 leaves them.
                              (default: 60)
      --json                  Print one JSON object a repository.
      --quiet                 Print failures only.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let verify = """
    OVERVIEW: Compare a copy with what its source advertises, ref by ref.

    Exit 0: equal. Exit 1: different, and the refs that differ are listed, or the
    comparison failed. Exit 3: one side has broken refs. Refs that the copy leaves
    out by its rules do not count.

    Example:
      remora verify https://git.example.org/project.git /srv/copies/project.git

    USAGE: remora verify [<options>] <source> <copy>

    ARGUMENTS:
      <source>                Where the copy comes from.
      <copy>                  The copy.

    CONNECTION:
      --ca-file <ca-file>     Trust the certificates of this PEM file instead of
                              the system's.
      --bearer-token-file <bearer-token-file>
                              Send the token in this file to servers that require
                              authentication (Authorization: Bearer).
      --host-token-file <host=file>
                              Send the token in this file to this host; may be
                              repeated.
      --host-token-env <host=name>
                              Send the token in this variable to this host; may be
                              repeated.
      --client-cert <file>    Show the certificate in this PEM file to servers that
                              ask for one.
      --client-key <file>     The private key of that certificate, in a PEM file.
      --ask                   Ask at the terminal when a server requires a login
                              and no other source has one.
      --netrc-file <file>     Look up logins in this file instead of ~/.netrc.
      --ssh <automatic|libssh2|system>
                              Who speaks SSH. Automatic: libssh2, or the program of
                              GIT_SSH_COMMAND and core.sshCommand, or ssh where
                              libssh2 cannot. (values: automatic, libssh2, system;
                              default: automatic)
      --ssh-key <file>        Use this private key, and no other; may be repeated.
      --ssh-passphrase-file <file>
                              Read the passphrase of the private keys from this
                              file.
      --ssh-known-hosts <file>
                              Know hosts by this file instead of the user's and the
                              system's.
      --ssh-config <file>     Read this file instead of ~/.ssh/config.
      --connect-timeout <seconds>
                              Give up connecting after this time. (default: 30)
      --silence-timeout <seconds>
                              Give up on a server that sends nothing for this time.
                              (default: 60)
      --timeout <seconds>     Give up on a repository after this time. (default:
                              21600)
      --max-refs <count>      Refuse a source that lists more refs. (default:
                              5000000)
      --max-advertisement-bytes <bytes>
                              Refuse a ref listing longer than this. (default:
                              1073741824)
      --max-pack-bytes <bytes>
                              Refuse a pack longer than this. (default:
                              107374182400)

    OPTIONS:
      --json                  Print a JSON object.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let checksum = """
    OVERVIEW: Print the refs checksum of a repository.

    sha256 covers every ref and HEAD; git prints the same digits:
      { t=$(git symbolic-ref -q HEAD) && echo "ref: $t HEAD" ||
          echo "$(git rev-parse HEAD) HEAD"
        git for-each-ref --format='%(objectname) %(refname)'; } | sha256sum
    gitaly is GitLab's checksum, grokmirror the fingerprint of kernel.org's
    manifests (git show-ref | sha1sum). A repository with broken refs has no
    checksum: they are named and the exit status is 3.

    Example:
      remora checksum /srv/copies/project.git --algorithm gitaly

    USAGE: remora checksum <repository> [--algorithm <algorithm>] [--json]

    ARGUMENTS:
      <repository>            A repository on this machine.

    OPTIONS:
      --algorithm <algorithm> sha256, gitaly or grokmirror. (values: sha256,
                              gitaly, grokmirror; default: sha256)
      --json                  Print a JSON object.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let history = """
    OVERVIEW: Tell what happened to the refs of a copy, newest first.

    Old values stay readable in the copy: 'git -C COPY show OID' shows a commit
    that a force-push has dropped, and 'remora restore' brings it back.

    Examples:
      remora history /srv/copies/project.git
      remora history /srv/copies/project.git main --since 2026-11-01T00:00:00Z

    USAGE: remora history <copy> [<ref>] [--since <time>] [--json]

    ARGUMENTS:
      <copy>                  The copy.
      <ref>                   Only this ref: a full name, or a short one such as
                              main.

    OPTIONS:
      --since <time>          Only from this moment on (RFC 3339, such as
                              2026-11-22T10:00:00Z).
      --json                  Print one JSON object a change.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let restore = """
    OVERVIEW: Bring back what a copy held at a moment.

    Without --ref: a new bare repository with refs and HEAD as the copy had them.
    With --ref: one ref, into a repository that is there or a new bundle. The
    copy stays what it is: a mirror of its source. 'remora history' shows the
    moments; each is exact as long as the copy keeps what was dropped (30 days).

    Exit 0: everything. Exit 2: some refs have lost objects and are not in the
    new repository; each is named.

    Examples:
      remora restore /srv/copies/project.git --at 2026-11-22T10:00:00Z \\
        --into /tmp/before.git
      remora restore /srv/copies/project.git --ref main --at 2026-11-22T10:00:00Z \\
        --as main-before --into /srv/git/project.git

    USAGE: remora restore <copy> --at <time> --into <new directory>
           remora restore <copy> --ref <ref> --at <time> [--as <name>] --into <path>

    ARGUMENTS:
      <copy>                  The copy.

    OPTIONS:
      --at <time>             The moment (RFC 3339, such as 2026-11-22T10:00:00Z).
      --into <path>           Where to: a new directory; with --ref a repository,
                              or a file to make.
      --ref <ref>             Only this ref: a full name, a short one such as main,
                              or HEAD.
      --as <name>             The ref's new name; the same unless given.
      --json                  Print a JSON object.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let check = """
    OVERVIEW: Read every byte of a copy, and see that nothing is missing.

    Hashes packs, indexes and loose objects, reads all refs, and walks all that
    refs, HEAD and the history reach, but for what an earlier check has walked
    in packs that are still the same. Damaged files that git can make anew are
    removed. Fetches and readers may go on meanwhile.

    Exit 0: sound. Exit 1: damaged, a line for each finding. Exit 2: some of
    several copies.

    Examples:
      remora check /srv/copies/project.git
      remora check /srv/copies/*.git --json

    USAGE: remora check <copies> ... [--timeout <seconds>] [--full] [--json] [--quiet]

    ARGUMENTS:
      <copies>                The copies.

    OPTIONS:
      --timeout <seconds>     Give up on a copy after this time. (default: 21600)
      --full                  Walk all objects, those too that an earlier check has
                              walked.
      --json                  Print a JSON object a copy.
      --quiet                 Print findings only.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let housekeep = """
    OVERVIEW: Put the packs of a copy together, and free what it no longer keeps.

    Does only what is needed. Small packs become one; what refs have dropped is
    kept for the retention and then let go; where less than half of a copy is
    still needed, all of it is packed anew. It may be run at any time, beside
    readers too: a replaced pack stays for an hour and is removed by the next
    housekeeping after that.

    Examples:
      remora housekeep /srv/copies/project.git
      remora housekeep /srv/copies/project.git --retention 90 --json

    USAGE: remora housekeep <copy> [--retention <days>] [--wait <seconds>] [--timeout <seconds>] [--keep-free <bytes>] [--json] [--quiet]

    ARGUMENTS:
      <copy>                  The copy.

    OPTIONS:
      --retention <days>      Keep what refs have dropped for so long, from the
                              drop. (default: 30)
      --wait <seconds>        Wait for another run on the same copy. (default: 0)
      --timeout <seconds>     End after so long, with the copy sound. (default:
                              21600)
      --keep-free <bytes>     Bytes that must stay free on the copy's file system.
                              (default: 67108864)
      --json                  Print one JSON object.
      --quiet                 Print failures only.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let forget = """
    OVERVIEW: Remove a leaked secret from a copy, its history included.

    Removes what no ref reaches any more before its 30 days are over: an object
    (40 hexadecimal digits) with all history that needs it, or all former values
    of a ref. Take it out of the source first, and mirror. Readers that are at
    work on the copy may fail. Only this copy is changed: the source, other
    copies, backups and clones are not reached.

    Exit 0: it is gone. Exit 1: it failed, or something is left, which is named.

    Examples:
      remora forget /srv/p.git 0123456789abcdef0123456789abcdef01234567
      remora forget /srv/p.git refs/heads/leak

    USAGE: remora forget <copy> <target> [--wait <seconds>] [--json]

    ARGUMENTS:
      <copy>                  The copy.
      <target>                The object, or the ref whose former values go.

    OPTIONS:
      --wait <seconds>        Wait for another run on the same copy. (default: 0)
      --json                  Print a JSON object.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let config = """
    OVERVIEW: Check an agent's configuration, or begin one.

    USAGE: remora config <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      check                   Tell everything that is wrong with a configuration, a
                              line each.
      example                 Print a commented configuration to begin with, or
                              what others need.

      See 'remora help config <subcommand>' for detailed help.
    """

  static let configCheck = """
    OVERVIEW: Tell everything that is wrong with a configuration, a line each.

    The files and directories that it names are looked at too, and what the
    environment says in place of the file (trash.keep is REMORA_TRASH_KEEP):
    run it as the user who runs the agent. Exit 0: good. Exit 1: not good.

    Example:
      remora config check /etc/remora/remora.yaml

    USAGE: remora config check <file> [--json]

    ARGUMENTS:
      <file>                  The configuration.

    OPTIONS:
      --json                  Print a JSON object.
      --version               Show the version.
      -h, --help              Show help information.
    """

  static let configExample = """
    OVERVIEW: Print a commented configuration to begin with, or what others need.

    Examples:
      remora config example primary > /etc/remora/remora.yaml
      remora config example systemd > /etc/systemd/system/remora.service
      remora config example sysusers > /etc/sysusers.d/remora.conf
      remora config example tmpfiles > /etc/tmpfiles.d/remora.conf
      remora config example alerts > /etc/prometheus/remora.rules.yml
      remora config example grafana > remora-dashboard.json

    USAGE: remora config example <what>

    ARGUMENTS:
      <what>                  A role's configuration, a file of the system, or one
                              for Prometheus or Grafana. (values: primary,
                              secondary, systemd, sysusers, tmpfiles, alerts,
                              grafana)

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.
    """
}
