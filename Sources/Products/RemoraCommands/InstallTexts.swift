/// What a system needs beside the program: for administrators and for the package, which have it from here alone.
enum InstallTexts {
  /// A unit for systemd. The file system is closed for writing but for the state and the roots of copies, which lie where the
  /// configuration says.
  static let systemd = """
    [Unit]
    Description=Remora, exact copies of Git repositories
    Documentation=man:remora(1)
    Wants=network-online.target
    After=network-online.target
    ConditionPathExists=/etc/remora/remora.yaml

    [Service]
    # Beside a Git host: the user who owns its repositories, by 'systemctl edit remora'.
    User=remora
    Group=remora
    Type=notify
    ExecStart=/usr/bin/remora agent --config /etc/remora/remora.yaml
    ExecReload=/bin/kill -HUP $MAINPID
    Restart=on-failure
    RestartSec=5
    # A large state is opened before the doors are.
    TimeoutStartSec=15min
    TimeoutStopSec=30
    WatchdogSec=2min
    StateDirectory=remora
    # With hook_group: 0710, and Group= that group, so that hooks reach events.sock and the spool.
    StateDirectoryMode=0700
    LimitNOFILE=65536
    # A core file would hold secrets.
    LimitCORE=0
    # For the agent and the git processes that it runs: beyond it the kernel ends one of them, and not the Git host beside them.
    MemoryMax=50%
    # Background work for others' sake.
    Nice=5
    IOSchedulingClass=best-effort
    IOSchedulingPriority=6

    UMask=0027
    NoNewPrivileges=yes
    CapabilityBoundingSet=
    # Roots of copies are written to: name them here when they are not below /srv, by 'systemctl edit remora'. Roots of a primary
    # are only read.
    ProtectSystem=strict
    ReadWritePaths=-/srv
    PrivateTmp=yes
    PrivateDevices=yes
    ProtectClock=yes
    ProtectControlGroups=yes
    ProtectHostname=yes
    ProtectKernelLogs=yes
    ProtectKernelModules=yes
    ProtectKernelTunables=yes
    ProtectProc=invisible
    LockPersonality=yes
    RemoveIPC=yes
    RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
    RestrictNamespaces=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    SystemCallArchitectures=native
    SystemCallFilter=@system-service

    [Install]
    WantedBy=multi-user.target

    """

  /// sysusers.d(5).
  static let sysusers = """
    u remora - "Remora, exact copies of Git repositories" /var/lib/remora /usr/sbin/nologin

    """

  /// tmpfiles.d(5).
  static let tmpfiles = """
    d /var/lib/remora 0700 remora remora -
    d /etc/remora 0750 root remora -

    """
}
