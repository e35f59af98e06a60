internal import AgentAPI
internal import HTTPTypes
package import Hummingbird
internal import Logging
package import SystemPackage
package import WorkerPool

extension RouterMethods {
  /// Adds `GET` and `HEAD /blobs/KIND/ID`: the bytes of a file, whole or one range of them.
  ///
  /// - Parameters:
  ///   - workers: reads the files.
  ///   - writeLimit: how long a client may leave a piece of an answer unread.
  ///   - minimumRate: bytes a second that a client must read at least; 0 is any.
  ///   - resolve: authorizes the request, or throws its answer, and returns the requested file. The id is valid; the
  ///     kind is as it was sent.
  @discardableResult
  package func addBlobRoutes(
    workers: WorkerPool, writeLimit: Duration = .seconds(60), minimumRate: Int = 0,
    resolve: @escaping @Sendable (Request, Context, ReplicablePath) async throws -> ServedBlob
  ) -> Self {
    let routes = BlobRoutes(
      workers: workers, writeLimit: writeLimit, minimumRate: minimumRate, resolve: resolve)
    let path = RouterPath(AgentPath.blobs.rawValue)
    get(path) { request, context in try await routes.answer(request, context) }
    head(path) { request, context in try await routes.answer(request, context).createHeadResponse() }
    return self
  }
}

/// Decodes, opens, sends.
struct BlobRoutes<Context: RequestContext>: Sendable {
  let workers: WorkerPool
  let writeLimit: Duration
  let minimumRate: Int
  let resolve: @Sendable (Request, Context, ReplicablePath) async throws -> ServedBlob

  /// Bytes of one read: large enough that the cost of the thread switch is negligible.
  private static var pieceBytes: Int { 1 << 18 }

  func answer(_ request: Request, _ context: Context) async throws -> Response {
    do {
      let path = try ReplicablePath(request.uri.path, area: "blobs")
      let blob = try await resolve(request, context, path)
      let file = try await workers.run { _ in try Self.open(blob) }
      return response(file, to: request, context)
    } catch let refusal as ReplicablePath.Refusal {
      return PlainRefusal(refusal).response(to: request, context)
    } catch let refusal as PlainRefusal {
      return refusal.response(to: request, context)
    } catch let error as WorkerPoolError {
      return PlainRefusal(.serviceUnavailable, "too much is being read; try again later", retryAfter: 5)
        .response(to: request, context, because: "\(error)")
    } catch let error as Errno {
      return Self.refusal(error).response(to: request, context, because: "cannot open the file: \(error)")
    }
  }

  /// A missing root is no proof that its files are missing, so the answer is not 404.
  private static func open(_ blob: ServedBlob) throws -> ServedFile {
    let root: ServedFile.Root
    do {
      root = try ServedFile.Root(blob.root)
    } catch {
      throw PlainRefusal(.internalServerError, "the directory of this kind cannot be read: \(error)")
    }
    return try ServedFile(root: root, path: blob.path)
  }

  /// Anything but a regular file of the kind is answered as missing.
  private static func refusal(_ error: Errno) -> PlainRefusal {
    switch error {
    case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels, .isDirectory, .noSuchAddressOrDevice:
      return PlainRefusal(.notFound, "there is no such file")
    default:
      return PlainRefusal(.internalServerError, "the file cannot be read; the server's log says more")
    }
  }

  private func response(_ file: ServedFile, to request: Request, _ context: Context) -> Response {
    var headers: HTTPFields = [
      .contentType: "application/octet-stream", .acceptRanges: "bytes", .eTag: file.entityTag,
      .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
    ]
    switch range(of: file, for: request) {
    case .whole: return Response(status: .ok, headers: headers, body: body(file, 0..<file.size, request, context))
    case .part(let range):
      headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
      return Response(status: .partialContent, headers: headers, body: body(file, range, request, context))
    case .unsatisfiable:
      headers[.contentRange] = "bytes */\(file.size)"
      return Response(status: .rangeNotSatisfiable, headers: headers)
    }
  }

  /// Returns the requested range. Ranges are defined for GET only, and if `If-Range` names another content, the whole
  /// file is sent. Dates are not compared, because the agent sends none.
  private func range(of file: ServedFile, for request: Request) -> ByteRange {
    guard request.method == .get else { return .whole }
    if let condition = request.headers[.ifRange], condition != file.entityTag { return .whole }
    return ByteRange(request.headers[.range], size: file.size)
  }

  private func body(
    _ file: ServedFile, _ range: Range<Int64>, _ request: Request, _ context: Context
  ) -> ResponseBody {
    ResponseBody(contentLength: Int(range.count)) {
      [workers, writeLimit, minimumRate, path = request.uri.path] writer in
      let bounded = BoundedBodyWriter(writer, limit: writeLimit, minimumRate: minimumRate)
      var position = range.lowerBound
      while position < range.upperBound {
        let count = Int(min(Int64(Self.pieceBytes), range.upperBound - position))
        let piece = try await workers.run { [position] _ in try file.read(at: position, count: count) }
        // The file has shrunk since: the connection is closed, so that the client detects it.
        guard !piece.isEmpty else {
          context.logger.warning("serve \(path): the file has shrunk from \(file.size) bytes to \(position)")
          throw Errno.ioError
        }
        position += Int64(piece.count)
        try await bounded.write(piece)
      }
      try await bounded.finish()
    }
  }
}

/// Where the content of a blob is.
package struct ServedBlob: Hashable, Sendable {
  /// The kind's directory.
  package let root: FilePath
  /// The path below it, of plain names. No symbolic link on it is followed.
  package let path: FilePath

  package init(root: FilePath, path: FilePath) {
    self.root = root
    self.path = path
  }
}
