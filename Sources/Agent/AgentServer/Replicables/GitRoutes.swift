internal import AgentAPI
internal import Foundation
package import GitServing
internal import HTTPTypes
package import Hummingbird
internal import Logging

extension RouterMethods {
  /// Adds the routes of git clients: `GET` and `HEAD /git/KIND/ID.git/info/refs`,
  /// `POST /git/KIND/ID.git/git-upload-pack`.
  ///
  /// - Parameters:
  ///   - resolve: authorizes the request, or throws its answer, and returns the requested repository. The id is valid;
  ///     the kind and the incarnation are as they were sent.
  ///   - home: where the repository is pushed to, for the refusal of a push here: `push to …`.
  ///   - reserve: reserves the disk space that a request's unpacked body needs; see `GitService.uploadPack`.
  ///   - writeLimit: how long a client may leave a piece of an answer unread.
  ///   - minimumRate: bytes a second that a client must read at least; 0 is any.
  @discardableResult
  package func addGitRoutes(
    _ service: GitService, writeLimit: Duration = .seconds(60), minimumRate: Int = 0,
    home: @escaping @Sendable (_ kind: String, _ id: String) -> String = { _, _ in "push to the Git host" },
    reserve: @escaping @Sendable (Context) -> @Sendable (Int) throws -> Void = { _ in { _ in } },
    resolve: @escaping @Sendable (Request, Context, ReplicablePath) async throws -> ServedRepository
  ) -> Self {
    let routes = GitRoutes(
      service: service, writeLimit: writeLimit, minimumRate: minimumRate, home: home, reserve: reserve,
      resolve: resolve)
    let path = RouterPath(AgentPath.git.rawValue)
    get(path) { request, context in try await routes.answer(request, context) }
    head(path) { request, context in try await routes.answer(request, context).createHeadResponse() }
    post(path) { request, context in try await routes.answer(request, context) }
    return self
  }
}

/// Decodes requests, calls `GitService`, and encodes answers.
struct GitRoutes<Context: RequestContext>: Sendable {
  let service: GitService
  let writeLimit: Duration
  let minimumRate: Int
  let home: @Sendable (String, String) -> String
  let reserve: @Sendable (Context) -> @Sendable (Int) throws -> Void
  let resolve: @Sendable (Request, Context, ReplicablePath) async throws -> ServedRepository

  /// The request, by the end of the path.
  private enum Question {
    case advertisement
    case request
    case push
    case largeFiles
  }

  func answer(_ request: Request, _ context: Context) async throws -> Response {
    do {
      let (path, question) = try Self.target(of: request)
      let repository = try await resolve(request, context, path)
      let reply: GitReply
      switch question {
      case .advertisement:
        reply = try await service.advertisement(of: repository, protocolHeader: Self.gitProtocol(request))
      case .push:
        throw PlainRefusal(.forbidden, "repositories are read here and not written: \(home(path.kind, path.id))")
      case .largeFiles:
        throw PlainRefusal(
          .notImplemented, "files of Git LFS are not kept here; get them where they are: \(home(path.kind, path.id))",
          isLargeFiles: true)
      case .request:
        reply = try await service.uploadPack(
          of: repository, protocolHeader: Self.gitProtocol(request),
          contentEncoding: request.headers[.contentEncoding], body: request.body, reserve: reserve(context))
      }
      return response(reply, context)
    } catch let refusal as PlainRefusal {
      return refusal.response(to: request, context)
    } catch let error as GitServingError {
      return Self.refusal(error).response(to: request, context, because: "\(error)")
    }
  }

  // MARK: The question

  private static func target(of request: Request) throws -> (ReplicablePath, Question) {
    let path = request.uri.path
    do {
      if let target = try largeFiles(path) { return (target, .largeFiles) }
      if request.method == .post {
        if path.hasSuffix("/git-receive-pack") {
          return (try ReplicablePath(path, area: "git", ending: ["git-receive-pack"], suffix: ".git"), .push)
        }
        let target = try ReplicablePath(path, area: "git", ending: ["git-upload-pack"], suffix: ".git")
        guard request.headers[.contentType] == "application/x-git-upload-pack-request" else {
          throw PlainRefusal(.unsupportedMediaType, "git sends application/x-git-upload-pack-request here")
        }
        return (target, .request)
      }
      let target = try ReplicablePath(path, area: "git", ending: ["info", "refs"], suffix: ".git")
      switch request.uri.queryParameters["service"] {
      case "git-upload-pack": return (target, .advertisement)
      case "git-receive-pack": return (target, .push)
      default: throw PlainRefusal(.forbidden, "only git's smart protocol is spoken here: update git")
      }
    } catch let refusal as ReplicablePath.Refusal {
      throw PlainRefusal(refusal)
    }
  }

  /// Returns the requested path of Git LFS, below `ID.git/info/lfs/`.
  private static func largeFiles(_ path: String) throws(ReplicablePath.Refusal) -> ReplicablePath? {
    guard let mark = path.range(of: ".git/info/lfs/") else { return nil }
    return try ReplicablePath(String(path[..<mark.lowerBound]) + ".git", area: "git", suffix: ".git")
  }

  private static func gitProtocol(_ request: Request) -> String? {
    HTTPField.Name("Git-Protocol").flatMap { request.headers[$0] }
  }

  // MARK: The answer

  private func response(_ reply: GitReply, _ context: Context) -> Response {
    let headers: HTTPFields = [.contentType: reply.contentType, .cacheControl: "no-cache"]
    let (writeLimit, minimumRate) = (writeLimit, minimumRate)
    let body = ResponseBody(contentLength: reply.contentLength) { writer in
      let bounded = BoundedBodyWriter(writer, limit: writeLimit, minimumRate: minimumRate)
      var pieces = reply.pieces()
      do {
        while let piece = try await pieces.next() { try await bounded.write(piece) }
        try await bounded.finish()
      } catch let error as GitServingError {
        // The head is sent: the connection is closed, so that the client detects the truncated answer.
        Self.log(error, context)
        throw error
      }
    }
    return Response(status: .ok, headers: headers, body: body)
  }

  private static func refusal(_ error: GitServingError) -> PlainRefusal {
    PlainRefusal(
      HTTPResponse.Status(code: error.httpStatus), error.summary,
      retryAfter: error.retryAfter.map { max(1, $0.components.seconds) },
      // A client at its limit does not keep the connection.
      endsConnection: error.code == .requestTimeout || error.code == .busy)
  }

  private static func log(_ error: GitServingError, _ context: Context) {
    // A client's disconnect is not logged as a warning.
    context.logger.log(level: error.code == .cancelled ? .debug : .warning, "\(error)")
  }
}
