import Agent
import AgentSocket
import Foundation
import Harness
import Logging
import LookupProtocol
import ServiceLifecycle
import Testing

@Suite struct SocketFileTests {
    @Test func aDeadProcessesSocketIsReplaced() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("agent.sock")
        // What a killed process leaves: a bound socket file that nobody listens on.
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(dead)
        let server = try Self.server(path)
        try await server.start()
        #expect(try await Self.health(path) == 200)
        await server.stop()
        #expect(access(path, F_OK) != 0)
    }

    @Test func aLivingOnesIsRefused() async throws {
        let agent = try await ServedAgent()
        let second = try Self.server(agent.addresses.socketPath)
        let problem = await #expect(throws: ListenProblem.self) { try await second.start() }
        #expect(problem?.description.contains("a living process answers there") == true)
        #expect(try await Self.health(agent.addresses.socketPath) == 200)
        await agent.server.stop()
    }

    @Test func whatIsNoSocketIsLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("agent.sock", "precious")
        let server = try Self.server(path)
        let problem = await #expect(throws: ListenProblem.self) { try await server.start() }
        #expect(problem?.description.contains("a file that is no socket") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func pathsThatDontFitAreRefused() async throws {
        let directory = try TemporaryDirectory()
        let fitting = directory.path(String(repeating: "s", count: 107 - directory.path.utf8.count - 1))
        #expect(fitting.utf8.count == 107)
        let server = try Self.server(fitting)
        try await server.start()
        await server.stop()
        let problem = await #expect(throws: ListenProblem.self) { try await Self.server(fitting + "s").start() }
        #expect(problem?.description.contains("108 bytes") == true)
        let missing = await #expect(throws: ListenProblem.self) {
            try await Self.server(directory.path("no/agent.sock")).start()
        }
        #expect(missing?.description.contains("directory does not exist") == true)
    }

    @Test func modeAndGroupAreAsTheyWereAskedFor() async throws {
        let agent = try await ServedAgent()
        #expect(try Self.status(agent.addresses.socketPath).st_mode & 0o777 == 0o660)
        await agent.server.stop()
        let open = try await ServedAgent {
            $0.socketMode = 0o606
            $0.socketGroup = "\(getgid())"
        }
        let status = try Self.status(open.addresses.socketPath)
        #expect(status.st_mode & 0o777 == 0o606)
        #expect(status.st_gid == getgid())
        await open.server.stop()
        let problem = await #expect(throws: ListenProblem.self) {
            _ = try await ServedAgent { $0.socketGroup = "no-such-group" }
        }
        #expect(problem?.description.contains("no-such-group") == true)
    }

    @Test func atAStopOnlyOurOwnFileIsRemoved() async throws {
        let agent = try await ServedAgent()
        let path = agent.addresses.socketPath
        unlink(path)
        let successor = try Self.server(path)
        try await successor.start()
        await agent.server.stop()
        #expect(try await Self.health(path) == 200)
        await successor.stop()
        #expect(access(path, F_OK) != 0)
    }

    @Test func aTakenPortIsNamed() async throws {
        let first = try await ServedAgent { $0.ofrepPort = 0 }
        let port = try #require(first.addresses.ofrepPort)
        let problem = await #expect(throws: ListenProblem.self) {
            _ = try await ServedAgent { $0.ofrepPort = port }
        }
        #expect(
            problem?.description.contains("port \(port) on 127.0.0.1 is taken: choose another --ofrep-port") == true)
        await first.server.stop()
    }

    /// As a service: stops on the graceful shutdown, with silent, undecided and watching connections open.
    @Test func aGracefulShutdownClosesEveryConnection() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("agent.sock")
        let server = try Self.server(path)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: server)], logger: Logger(label: "test")))
        let running = Task { try await group.run() }
        try await eventually("answers") { _ in
            try HTTPConnection.request(.unix(path), "GET", "/healthz").status == 200
        }
        let clients = try await onThread {
            let silent = try BlockingSocket(.unix(path))
            let http = try BlockingSocket(.unix(path))
            try http.send(Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            _ = try http.receive()
            let watcher = try BlockingSocket(.unix(path))
            var bytes = Preamble.client()
            ClientFrame.watch(id: 1).write(to: &bytes)
            try watcher.send(bytes)
            _ = try watcher.receive()
            return [silent, http, watcher]
        }
        await group.triggerGracefulShutdown()
        try await running.value
        try await onThread {
            for client in clients { _ = try client.receiveAll() }
        }
        #expect(access(path, F_OK) != 0)
    }

    private static func health(_ path: String) async throws -> Int {
        try await onThread { try HTTPConnection.request(.unix(path), "GET", "/healthz").status }
    }

    private static func server(_ path: String) throws -> LookupServer {
        LookupServer(
            configuration: LookupServerConfiguration(socketPath: path),
            live: .init(try ServedAgent.snapshot(number: 1)), environment: "production", logger: Logger(label: "test"))
    }

    private static func status(_ path: String) throws -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw HarnessError("nothing at \(path)") }
        return status
    }
}
