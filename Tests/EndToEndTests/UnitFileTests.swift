import Foundation
import Harness
import Testing

/// systemd takes the units in packaging/ as they are written, and finds them well shut in.
@Suite("Units")
struct UnitFileTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("packaging/systemd")
    private static let analyze = "/usr/bin/systemd-analyze"

    static let units: [String] = ["pilotlight-control.service", "pilotlight-agent@.service"]

    /// The unit in a directory of its own, starting this build's binary.
    private static func unit(_ name: String, in directory: TemporaryDirectory) throws -> String {
        let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        #expect(text.contains("ExecStart=/usr/bin/pilotlight "))
        return try directory.write(name, text.replacingOccurrences(of: "/usr/bin/pilotlight", with: Pilotlight.binary))
    }

    private static func run(_ arguments: [String], in directory: TemporaryDirectory) async throws -> RunningProcess {
        try #require(
            FileManager.default.isExecutableFile(atPath: analyze),
            "no systemd-analyze: scripts/install-dependencies --tests installs it")
        let process = try RunningProcess(
            analyze, arguments, environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"], log: directory.path("analyze"))
        _ = try await process.exit()
        return process
    }

    @Test("systemd understands every line", arguments: units) func verify(_ name: String) async throws {
        let directory = try TemporaryDirectory()
        let path = try Self.unit(name, in: directory)
            .replacingOccurrences(of: "@.service", with: "@checkout.service")
        if path.contains("@") { try Self.copyTemplate(name, to: path) }
        let process = try await Self.run(["verify", "--man=no", path], in: directory)
        #expect(process.status == .exited(0))
        #expect(process.output + process.errors == "")
    }

    /// `verify` wants an instance; it finds its template beside it.
    private static func copyTemplate(_ name: String, to path: String) throws {
        let template = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(name).path
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: template)
    }

    @Test("little is left that a unit could harm", arguments: units) func exposure(_ name: String) async throws {
        let directory = try TemporaryDirectory()
        // In tenths: from 0, fully shut in, to 100.
        let process = try await Self.run(
            ["security", "--offline=true", "--threshold=20", Self.unit(name, in: directory)], in: directory)
        #expect(process.status == .exited(0), "\(process.output.suffix(200))\(process.errors)")
    }

    @Test("what libzmq would abort without is allowed", arguments: units) func needed(_ name: String) throws {
        let lines = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
            .split(separator: "\n")
        // It lists the network interfaces, and sets the scheduling of its threads to what it is.
        #expect(lines.contains { $0.hasPrefix("RestrictAddressFamilies=") && $0.contains("AF_NETLINK") })
        #expect(!lines.contains { $0.hasPrefix("SystemCallFilter=~") && $0.contains("@resources") })
    }

    @Test("the account and the groups that units name are made") func accounts() throws {
        let file = Self.folder.deletingLastPathComponent().appendingPathComponent("sysusers.d/pilotlight.conf")
        let made = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        for name in Self.units {
            let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
            for match in text.matches(of: /(?:User|Group|SupplementaryGroups|PILOTLIGHT_SOCKET_GROUP)=([a-z-]+)/) {
                #expect(made.contains(String(match.1)), "\(name) names \(match.1)")
            }
        }
    }
}
