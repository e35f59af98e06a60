import Foundation

/// A real server of files over HTTP on 127.0.0.1: nginx, with ranges and validators as it has them.
package final class FileHTTPServer: Sendable {
  /// `http://127.0.0.1:PORT`, without a slash at its end.
  package let base: String
  private let directory: TemporaryDirectory
  private let leash: Leash

  /// Serves the files below `root`.
  /// - Parameter bearerToken: asked for as `Authorization: Bearer TOKEN`.
  package init(root: String, bearerToken: String? = nil) throws {
    directory = try TemporaryDirectory("nginx-files")
    let (listener, port) = try LoopbackSocket.listen(backlog: 128, blocking: false)
    defer { close(listener) }
    base = "http://127.0.0.1:\(port)"
    let check = bearerToken.map { "if ($http_authorization != \"Bearer \($0)\") { return 401; }" } ?? ""
    try directory.write(
      Self.configuration(directory: directory.path, root: root, port: port, check: check), to: "nginx.conf")
    var environment = ChildProcess.isolatedEnvironment()
    // The way in which nginx hands its listeners to its successor.
    environment["NGINX"] = "3;"
    environment["PATH", default: ""] += ":/usr/sbin:/sbin"
    leash = try Leash(
      ["nginx -e '\(directory.path)/error.log' -c '\(directory.path)/nginx.conf'"], environment: environment,
      directory: directory.path, descriptors: [listener])
  }

  deinit { leash.stop() }

  /// Returns the URL of a file, by its path below the root.
  package func url(_ path: String) -> String { "\(base)/\(path)" }

  /// Ends the server now: later connections are refused.
  package func stop() { leash.stop() }

  private static func configuration(directory: String, root: String, port: UInt16, check: String) -> String {
    """
    daemon off;
    worker_processes 1;
    pid \(directory)/nginx.pid;
    error_log \(directory)/error.log warn;
    \(geteuid() == 0 ? "user root;" : "")
    events { worker_connections 256; }
    http {
      access_log off;
      client_body_temp_path \(directory)/body;
      fastcgi_temp_path \(directory)/fastcgi;
      proxy_temp_path \(directory)/proxy;
      uwsgi_temp_path \(directory)/uwsgi;
      scgi_temp_path \(directory)/scgi;
      server {
        listen 127.0.0.1:\(port);
        root \(root);
        location / { \(check) }
      }
    }

    """
  }
}
