package import SystemPackage

/// The paths in a copy. Remora's own files are below `remora/`, except the reflog that keeps dropped objects reachable.
package struct CopyLayout: Hashable, Sendable {
  package let root: FilePath

  package init(root: FilePath) { self.root = root }

  package var head: FilePath { root.appending("HEAD") }
  package var headLock: FilePath { root.appending("HEAD.lock") }
  package var packedRefs: FilePath { root.appending("packed-refs") }
  package var packedRefsLock: FilePath { root.appending("packed-refs.lock") }
  package var configuration: FilePath { root.appending("config") }
  package var refs: FilePath { root.appending("refs") }
  package var objects: FilePath { root.appending("objects") }
  package var packs: FilePath { objects.appending("pack") }

  /// Everything of Remora's own.
  package var own: FilePath { root.appending("remora") }
  /// Held by flock(2) by the one run at work.
  package var ownerLock: FilePath { own.appending("lock") }
  /// The result of the last run, with the stamps by which the next run detects changes.
  package var state: FilePath { own.appending("state.json") }
  package var journal: FilePath { own.appending("refs.journal.jsonl") }
  /// Files of a running run; if it exists at the start of a run, another one died.
  package var staging: FilePath { own.appending("staging") }

  /// No file that a copy keeps its refs in is larger: 60 million refs take 4 GiB.
  package static let maximumFileBytes = 1 << 36

  /// A reflog without a ref: git's gc and prune keep every object that it names.
  package var droppedLog: FilePath { root.appending("logs").appending("refs").appending("remora").appending("dropped") }
}
