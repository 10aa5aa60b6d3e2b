import Foundation
import Harness

/// A load balancer before two sides of a shop, which asks an agent which of them serves whom.
final class Balancer: Sendable {
    enum Program {
        /// As Examples/blue-green sets it up.
        case nginx
        /// As docs/load-balancers.md shows it.
        case haproxy
    }

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Where users come in.
    let port: Int
    /// Of nginx: the same settings, but it asks nobody, and everything goes to the blue side.
    let unaskedPort: Int
    private let processes: [RunningProcess]

    /// - Parameter socket: the agent's.
    init(_ program: Program = .nginx, asking socket: String, in directory: TemporaryDirectory) async throws {
        port = try FreePort.next()
        unaskedPort = try FreePort.next()
        let sides = [try FreePort.next(), try FreePort.next()]
        let folder = directory.path("balancer")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let setUp = SetUp(
            folder: folder,
            places: [
                ("/run/pilotlight/agent.sock", socket), ("/etc/haproxy", folder),
                ("bind :80\n", "bind 127.0.0.1:\(port)\n"),
                ("127.0.0.1:8080", "127.0.0.1:\(port)"), ("127.0.0.1:8081", "127.0.0.1:\(sides[0])"),
                ("127.0.0.1:8082", "127.0.0.1:\(sides[1])"),
            ])
        let arguments: [String]
        switch program {
        case .nginx: arguments = try setUp.nginx(unaskedPort: unaskedPort)
        case .haproxy: arguments = try setUp.haproxy()
        }
        let side = Self.root.appendingPathComponent("Examples/blue-green/side.py").path
        processes = try [
            Self.start("python3", [side, "127.0.0.1:\(sides[0])", "blue"], directory.path("blue")),
            Self.start("python3", [side, "127.0.0.1:\(sides[1])", "green"], directory.path("green")),
            Self.start("\(program)", arguments, directory.path("balancer/balancer")),
        ]
        for port in [port] + sides {
            try await eventually("somebody listens on \(port)") { _ in
                if let ended = self.processes.first(where: { !$0.isRunning }) {
                    throw Hopeless("one of the load balancer's processes ended: \(ended.output)\(ended.errors)")
                }
                _ = try BlockingSocket(.tcp(port))
                return true
            }
        }
    }

    private static func start(_ program: String, _ arguments: [String], _ log: String) throws -> RunningProcess {
        let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"]
        guard let path = folders.map({ "\($0)/\(program)" }).first(where: FileManager.default.isExecutableFile) else {
            throw HarnessError("there is no \(program) here: run scripts/install-dependencies --tests")
        }
        return try RunningProcess(path, arguments, environment: Pilotlight.environment(), log: log)
    }

    /// Writes configurations as they are shown, with other places in them.
    private struct SetUp {
        var folder: String
        var places: [(shown: String, own: String)]

        private func write(_ text: String, to file: String) throws {
            let own = places.reduce(text) { $0.replacingOccurrences(of: $1.shown, with: $1.own) }
            try own.write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
        }

        private static func text(_ path: String) throws -> String {
            try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        }

        /// - Returns: the arguments that it is started with.
        func nginx(unaskedPort: Int) throws -> [String] {
            for name in ["sites", "temporary"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
            }
            try write(Self.text("Examples/blue-green/nginx.conf"), to: "nginx.conf")
            try write(Self.text("Examples/blue-green/shop.conf"), to: "sites/shop.conf")
            try write(
                """
                server {
                    listen 127.0.0.1:\(unaskedPort);
                    location / {
                        proxy_pass http://shop_blue;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $http_host;
                    }
                }

                """, to: "sites/unasked.conf")
            return ["-p", folder, "-c", "nginx.conf", "-e", "nginx.log"]
        }

        func haproxy() throws -> [String] {
            let page = try Self.text("docs/load-balancers.md")
            func block(_ language: String) throws -> String {
                let parts = page.components(separatedBy: "```\(language)\n")
                guard parts.count == 2, let block = parts[1].components(separatedBy: "```").first else {
                    throw HarnessError("docs/load-balancers.md has no block of \(language), or two")
                }
                return block
            }
            try write(block("lua"), to: "pilotlight.lua")
            let usual =
                "defaults\n    mode http\n    timeout connect 5s\n    timeout client 50s\n    timeout server 50s\n\n"
            try write(usual + block("haproxy"), to: "haproxy.cfg")
            return ["-db", "-f", "\(folder)/haproxy.cfg"]
        }
    }
}
