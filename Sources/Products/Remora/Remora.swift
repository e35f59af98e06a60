// One import for who declares replicables: what they are (Replication) and how a site is opened (this room).
@_exported public import Replication
