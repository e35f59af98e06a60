internal import CLibgit2
internal import GitValues
internal import Glibc

/// Stands between libgit2's C callbacks and a `RemotePort`.
///
/// One per `Remote`, which owns it; the C transport holds a second reference until libgit2 frees it. A Swift error on
/// its way through C is kept here, C gets GIT_EUSER, and the `Remote` throws the original.
final class TransportBox {
  private let port: any RemotePort
  private var failure: (any Error)?
  private var isOpen = false
  private var isFinished = false
  /// What `ls` answered last; libgit2 may look at it until the next call.
  private var heads: RemoteHeads?
  private(set) var broken: [BrokenRef] = []
  /// While `Remote.download` runs. libgit2 asks for the list twice then, only to match names that we do not use.
  private var report: ((RemoteProgress) throws -> Void)?

  init(_ port: any RemotePort) { self.port = port }

  /// Runs the Swift side of a callback; what it throws becomes the failure.
  func run(_ body: () throws -> Void) -> Int32 {
    do {
      try body()
      return 0
    } catch {
      failure = error
      // The text is never shown: the original error is. Set, so that libgit2 does not show an older one.
      git_error_set_str(Int32(bitPattern: GIT_ERROR_CALLBACK.rawValue), "the transport failed")
      return GIT_EUSER.rawValue
    }
  }

  /// What a callback threw since the last look.
  func takeFailure() -> (any Error)? {
    defer { failure = nil }
    return failure
  }

  var isConnected: Bool { isOpen && !isFinished }

  func connect(_ url: String) throws {
    precondition(!isOpen && !isFinished, "a remote connects once")
    isOpen = true
    try port.connect(to: url)
  }

  /// The list for `ls`, kept alive here. Empty during a download.
  func list() throws -> RemoteHeads {
    var view = RefView(head: .unknown, refs: RefListing())
    if report == nil { view = try Self.expressible(port.view()) }
    broken = view.broken
    let heads = RemoteHeads(view)
    self.heads = heads
    return heads
  }

  /// Gives the list's memory back, about 100 bytes a ref, once it is not used any more.
  func dropList() { heads = nil }

  func negotiate(_ wants: UnsafePointer<UnsafePointer<git_remote_head>?>?, count: Int) throws {
    guard let wants else { return }
    try port.negotiate(wants: (0..<count).compactMap { wants[$0].map { ObjectID($0.pointee.oid) } })
  }

  func downloadPack(_ stats: UnsafeMutablePointer<git_indexer_progress>?) throws {
    try port.downloadPack { progress in
      if let stats { progress.store(in: &stats.pointee) }
      try report?(progress)
    }
  }

  func whileReporting<Result>(
    to report: @escaping (RemoteProgress) throws -> Void, _ body: () throws -> Result
  ) rethrows -> Result {
    self.report = report
    defer { self.report = nil }
    return try body()
  }

  /// Closes the port if it was ever opened; further calls do nothing.
  func finish() {
    guard isOpen, !isFinished else { return }
    isFinished = true
    heads = nil
    port.close()
  }

  /// Sorts out what the C list cannot say: C strings end at NUL, so a name with one inside would silently become
  /// another name, and `HEAD` and `NAME^{}` have a meaning of their own there. No git can hold such a ref, so it is
  /// broken.
  private static func expressible(_ view: RefView) -> RefView {
    var view = view
    if let target = view.head.target, target.bytes.contains(0) {
      view.broken.append(BrokenRef(name: .head, reason: "NUL in the name of its branch"))
      view.head = .unknown
    }
    let unspeakable = view.refs.indices.filter { view.refs.withName(at: $0, isUnrepresentable) }
    guard !unspeakable.isEmpty else { return view }
    view.broken += unspeakable.map { BrokenRef(name: view.refs.name(at: $0), reason: "invalid name") }
    let leftOut = Set(unspeakable)
    view.refs = RefListing(view.refs.indices.filter { !leftOut.contains($0) }.map { view.refs[$0] })
    return view
  }

  private static func isUnrepresentable(_ name: UnsafeRawBufferPointer) -> Bool {
    guard let start = name.baseAddress else { return true }
    if memchr(start, 0, name.count) != nil || name.elementsEqual("HEAD".utf8) { return true }
    // A name of 3 bytes or fewer is not below refs/ and cannot be a peeled one.
    return name.count > 3 && memcmp(start + name.count - 3, "^{}", 3) == 0
  }
}

extension TransportBox {
  /// Makes the C transport that libgit2 will own. It holds a reference to this box until libgit2 frees it.
  ///
  /// Corresponds to filling a `git_transport`. `push` and `cancel` stay what `git_transport_init` made them: nothing of
  /// ours pushes, and cancelling is the port's affair.
  func makeTransport(_ out: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?) -> Int32 {
    let transport = UnsafeMutablePointer<remora_transport>.allocate(capacity: 1)
    transport.initialize(to: remora_transport())
    let status = git_transport_init(&transport.pointee.base, UInt32(GIT_TRANSPORT_VERSION))
    guard status == 0 else {
      transport.deallocate()
      return status
    }
    transport.pointee.context = Unmanaged.passRetained(self).toOpaque()
    Self.fill(&transport.pointee.base)
    out?.pointee = UnsafeMutableRawPointer(transport).assumingMemoryBound(to: git_transport.self)
    return 0
  }

  private static func fill(_ base: inout git_transport) {
    base.connect = { transport, url, _, _ in
      guard let box = TransportBox.of(transport), let url else { return GIT_EINVALID.rawValue }
      return box.run { try box.connect(String(cString: url)) }
    }
    // The options hold nothing that our transport looks at.
    base.set_connect_opts = { _, _ in 0 }
    base.capabilities = { out, _ in
      out?.pointee = UInt32(REMORA_CAPABILITY_TIP_OID | REMORA_CAPABILITY_REACHABLE_OID)
      return 0
    }
    base.ls = { out, size, transport in
      guard let box = TransportBox.of(transport), let out, let size else { return GIT_EINVALID.rawValue }
      return box.run {
        let heads = try box.list()
        out.pointee = heads.pointers
        size.pointee = heads.count
      }
    }
    base.negotiate_fetch = { transport, _, wants, count in
      guard let box = TransportBox.of(transport) else { return GIT_EINVALID.rawValue }
      return box.run { try box.negotiate(wants, count: count) }
    }
    base.download_pack = { transport, _, stats in
      guard let box = TransportBox.of(transport) else { return GIT_EINVALID.rawValue }
      return box.run { try box.downloadPack(stats) }
    }
    base.is_connected = { transport in TransportBox.of(transport)?.isConnected == true ? 1 : 0 }
    base.close = { transport in
      TransportBox.of(transport)?.finish()
      return 0
    }
    base.free = { transport in
      guard let transport else { return }
      let ours = UnsafeMutableRawPointer(transport).assumingMemoryBound(to: remora_transport.self)
      if let context = ours.pointee.context {
        let box = Unmanaged<TransportBox>.fromOpaque(context).takeRetainedValue()
        box.finish()
      }
      ours.deinitialize(count: 1)
      ours.deallocate()
    }
  }

  private static func of(_ transport: UnsafeMutablePointer<git_transport>?) -> TransportBox? {
    guard let transport else { return nil }
    let ours = UnsafeMutableRawPointer(transport).assumingMemoryBound(to: remora_transport.self)
    return ours.pointee.context.map { Unmanaged<TransportBox>.fromOpaque($0).takeUnretainedValue() }
  }
}
