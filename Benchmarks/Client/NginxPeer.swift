import Foundation
import Harness

/// nginx that answers everything on a Unix socket with `return 204`: one process, one event loop, like the agent's.
final class NginxPeer: Sendable {
    let socket: String
    let process: RunningProcess
    let version: String

    /// Nil, with a word about it, where there is no nginx.
    static func start(in directory: String, binary given: String?) async throws -> NginxPeer? {
        let places = given.map { [$0] } ?? ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"]
        guard let binary = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            print("no nginx at \(places.joined(separator: ", ")): the agent is measured alone")
            print("  hint: apt-get install nginx-light, or say where it is with --nginx PATH")
            return nil
        }
        return try await NginxPeer(binary, in: directory)
    }

    private init(_ binary: String, in directory: String) async throws {
        let socket = directory + "/nginx.sock"
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(directory)/\($0);"
        }
        let configuration = """
            daemon off;
            master_process off;
            worker_processes 1;
            pid \(directory)/nginx.pid;
            error_log \(directory)/nginx-error.log warn;
            events { worker_connections 1024; }
            http {
                access_log off;
                keepalive_requests 1000000000;
                keepalive_timeout 600s;
                \(temporary.joined(separator: "\n    "))
                server {
                    listen unix:\(socket);
                    location / { return 204; }
                }
            }

            """
        let file = directory + "/nginx.conf"
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        self.socket = socket
        let errors = directory + "/nginx-error.log"
        process = try RunningProcess(
            binary, ["-e", errors, "-p", directory, "-c", file], environment: [:], log: directory + "/nginx-log")
        let about = try RunningProcess(binary, ["-v"], environment: [:], log: directory + "/nginx-version")
        _ = about.wait(for: .seconds(20))
        version = about.errors.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) } ?? "nginx"
        try await eventually("nginx answers: \(errors) says why not") { _ in
            try HTTPConnection.request(.unix(socket), "GET", "/").status == 204
        }
    }
}
