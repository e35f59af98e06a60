// One import to declare replicables (Replication) and to open a site of them (SiteAssembly).
@_exported public import Replication
@_exported public import SiteAssembly
