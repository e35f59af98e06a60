import Glibc

/// The text of an nginx configuration for one server of tests.
struct NginxConfiguration {
  let directory: String
  let root: String
  let port: UInt16
  let controlPort: UInt16
  /// Where git keeps `git-http-backend`.
  let execPath: String
  let options: GitHTTPServer.Options

  var text: String {
    """
    daemon off;
    worker_processes 1;
    pid \(directory)/nginx.pid;
    error_log \(directory)/error.log warn;
    \(geteuid() == 0 ? "user root;" : "")
    events { worker_connections 2048; }
    http {
      log_format records escape=json '\(Self.logFormat)';
      client_body_temp_path \(directory)/body;
      fastcgi_temp_path \(directory)/fastcgi;
      proxy_temp_path \(directory)/proxy;
      uwsgi_temp_path \(directory)/uwsgi;
      scgi_temp_path \(directory)/scgi;
      client_max_body_size 0;
      keepalive_timeout 300s;
      keepalive_requests \(options.requestsPerConnection);
      server {
        listen 127.0.0.1:\(controlPort);
        access_log off;
        return 204;
      }
      server {
        listen 127.0.0.1:\(port)\(tls);
        access_log \(directory)/access.log records;
        \(options.extraConfiguration)
        location / {
          \(authentication)
          fastcgi_pass unix:\(directory)/backend;
          fastcgi_buffering off;
          fastcgi_read_timeout 600s;
          \(parameters)
        }
      }
    }

    """
  }

  private static let logFormat =
    #"{"connection":$connection,"requestOnConnection":$connection_requests,"#
    + #""method":"$request_method","target":"$request_uri","status":$status,"sentBytes":$bytes_sent,"#
    + #""receivedBytes":$request_length,"gitProtocol":"$http_git_protocol","authorization":"$http_authorization","#
    + #""userAgent":"$http_user_agent"}"#

  private var tls: String {
    guard options.certificate != nil else { return "" }
    return " ssl;\n    ssl_certificate \(directory)/server.pem;\n    ssl_certificate_key \(directory)/server.key"
  }

  private var authentication: String {
    var lines: [String] = []
    if options.basicAuthentication != nil {
      lines += ["auth_basic \"test\";", "auth_basic_user_file \(directory)/users;"]
    }
    if let token = options.bearerToken {
      lines.append("if ($http_authorization != \"Bearer \(token)\") { return 401; }")
    }
    return lines.joined(separator: "\n")
  }

  private var parameters: String {
    var settings = options.gitConfiguration
    settings["safe.directory"] = "*"
    var parameters: [(String, String)] = [
      ("SCRIPT_FILENAME", "\(execPath)/git-http-backend"), ("GIT_PROJECT_ROOT", root), ("GIT_HTTP_EXPORT_ALL", "1"),
      ("GIT_HTTP_MAX_REQUEST_BUFFER", "1000M"), ("PATH_INFO", "$uri"), ("QUERY_STRING", "$query_string"),
      ("REQUEST_METHOD", "$request_method"), ("CONTENT_TYPE", "$content_type"), ("CONTENT_LENGTH", "$content_length"),
      ("REMOTE_ADDR", "$remote_addr"), ("REMOTE_USER", "$remote_user"), ("SERVER_PROTOCOL", "$server_protocol"),
      ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("HOME", "/nonexistent"),
      ("GIT_CONFIG_COUNT", "\(settings.count)"),
    ]
    // git reads either name; nginx passes the header under the second unless it is set here.
    parameters.append(("GIT_PROTOCOL", options.forcesVersion0 ? "" : "$http_git_protocol"))
    parameters.append(("HTTP_GIT_PROTOCOL", ""))
    for (index, (key, value)) in settings.sorted(by: { $0.key < $1.key }).enumerated() {
      parameters += [("GIT_CONFIG_KEY_\(index)", key), ("GIT_CONFIG_VALUE_\(index)", value)]
    }
    return parameters.map { "fastcgi_param \($0.0) \"\($0.1)\";" }.joined(separator: "\n          ")
  }
}
