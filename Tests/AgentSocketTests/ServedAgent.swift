import Agent
import AgentSocket
import Flags
import Harness
import Logging
import NIOCore
import Replication

/// A real server on a real socket, over a live state that the test swaps by hand.
final class ServedAgent: Sendable {
    let directory: TemporaryDirectory
    let live: LiveState
    let server: LookupServer
    let addresses: LookupServer.Addresses

    var socket: Endpoint { .unix(addresses.socketPath) }

    static let epoch = Epoch(counter: 3, id: 0xA1B2_C3D4_E5F6_0718)

    static let flags: [(String, String)] = [
        ("on-off", #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#),
        (
            "greeting",
            #"{"state":"ENABLED","variants":{"a":"hello","b":"čau"},"defaultVariant":"a","metadata":{"owner":"web"}}"#
        ),
        ("whole", #"{"state":"ENABLED","variants":{"few":3,"many":9000000000},"defaultVariant":"few"}"#),
        ("share", #"{"state":"ENABLED","variants":{"none":0,"half":0.5},"defaultVariant":"none"}"#),
        ("ten", #"{"state":"ENABLED","variants":{"ten":10.0},"defaultVariant":"ten"}"#),
        ("shape", #"{"state":"ENABLED","variants":{"o":{"z":[1,10.0],"a":null}},"defaultVariant":"o"}"#),
        ("sleeping", #"{"state":"DISABLED","variants":{"on":true},"defaultVariant":"on"}"#),
        ("undecided", #"{"state":"ENABLED","variants":{"on":true}}"#),
        (
            "tiered",
            """
            {"state":"ENABLED","variants":{"on":"yes","off":"no"},"defaultVariant":"off",
             "targeting":{"if":[{"==":[{"var":"tier"},"gold"]},"on",null]}}
            """
        ),
        (
            "for-ann",
            """
            {"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off",
             "targeting":{"if":[{"==":[{"var":"targetingKey"},"ann"]},"on","off"]}}
            """
        ),
        (
            "stray",
            """
            {"state":"ENABLED","variants":{"on":true},"defaultVariant":"on","targeting":{"if":[true,"nowhere"]}}
            """
        ),
        ("a/b c", #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"on"}"#),
    ]

    init(
        _ initial: LiveSnapshot? = nil, as identity: ServiceIdentity = .none,
        configure: (inout LookupServerConfiguration) -> Void = { _ in }
    ) async throws {
        directory = try TemporaryDirectory()
        live = try LiveState(initial ?? Self.snapshot(number: 42), identity: identity)
        var configuration = LookupServerConfiguration(socketPath: directory.path("agent.sock"))
        configure(&configuration)
        server = LookupServer(
            configuration: configuration, live: live, environment: "production", logger: Logger(label: "test"))
        addresses = try await server.start()
    }

    static func snapshot(
        number: UInt64, flags: [(String, String)] = ServedAgent.flags, epoch: Epoch = ServedAgent.epoch
    ) throws -> LiveSnapshot {
        var set = FlagSet()
        for (key, text) in flags { try set.put(flag: key, storedBytes: Array(text.utf8)) }
        return LiveSnapshot(
            environment: "production", revision: Revision(epoch: epoch, number: number), flags: set,
            quarantined: ["flag:broken"], entryCount: flags.count)
    }

    static let unconfirmed = LiveSnapshot(environment: "production")

    /// What the control node's heartbeat does.
    func heard(_ number: UInt64) {
        live.heard(number: number, atNanoseconds: NIODeadline.now().uptimeNanoseconds)
    }

    /// One OFREP lookup on a connection of its own.
    func ofrep(_ key: String, _ body: String? = nil, headers: [String: String] = [:]) throws -> HTTPAnswer {
        try HTTPConnection.request(
            socket, "POST", "/ofrep/v1/evaluate/flags/\(key)", headers: headers, body: body.map { Array($0.utf8) } ?? []
        )
    }
}

/// Starts a server, hands it to `body`, and stops it whatever happens.
func serving(
    _ initial: LiveSnapshot? = nil, as identity: ServiceIdentity = .none,
    configure: (inout LookupServerConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (ServedAgent) throws -> Void
) async throws {
    let agent = try await ServedAgent(initial, as: identity, configure: configure)
    do {
        try await onThread { try body(agent) }
    } catch {
        await agent.server.stop()
        throw error
    }
    await agent.server.stop()
}
