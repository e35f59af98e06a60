internal import CLibgit2

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
