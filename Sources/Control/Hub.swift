import Logging
import Replication
import Synchronization
import ZeroMQ

/// The thread between the control node and its agents: sends kills ahead, publishes in order, beats, answers catch-ups,
/// hears reports.
package final class Hub: Sendable {
    private let outbox: Outbox<HubMessage>
    private let thread: ZMQThread
    private let statistics: HubStatistics
    private let ended: Signal<(any Error)?>
    package let publishPort: Int
    package let syncPort: Int

    private init(
        outbox: Outbox<HubMessage>, thread: ZMQThread, statistics: HubStatistics, ended: Signal<(any Error)?>,
        publishPort: Int, syncPort: Int
    ) {
        self.outbox = outbox
        self.thread = thread
        self.statistics = statistics
        self.ended = ended
        self.publishPort = publishPort
        self.syncPort = syncPort
    }

    /// Where the committer hands over what it has stored. Made before the committer and the hub, which need each other.
    package struct Inbox: Sendable {
        fileprivate let outbox: Outbox<HubMessage>
        fileprivate let wakeUp: WakeUp

        package init() throws {
            wakeUp = try WakeUp()
            // The committer's own queue bounds what can be under way; beyond this the hub's thread must have died.
            outbox = Outbox(limit: 1_000_000, wakeUp: wakeUp)
        }

        /// Takes place on the committer's thread.
        package func publish(_ group: CommittedGroup) { outbox.append(.committed(group)) }
    }

    /// What the hub works with.
    struct Setting: Sendable {
        var address: ListenAddress
        var publishPort: Int
        var syncPort: Int
        var environments: [LoadedStore.Environment]
        var registry: SharedRegistry
        var committer: Committer
        /// Which process speaks; another number means another start.
        var node: UInt64
        var logger: Logger
    }

    /// Binds both ports and begins to beat.
    static func start(_ inbox: Inbox, _ setting: Setting) async throws -> Hub {
        let statistics = HubStatistics()
        let ended = Signal<(any Error)?>()
        let (thread, ports) = try await ZMQThread.start(
            name: "hub",
            setUp: {
                let sockets = try HubSockets(
                    address: setting.address, publishPort: setting.publishPort, syncPort: setting.syncPort,
                    in: try ZMQContext())
                let ports = (Int(try sockets.publisher.boundPort), Int(try sockets.router.boundPort))
                return (HubLoop(sockets, inbox.outbox, inbox.wakeUp, setting, statistics), ports)
            },
            loop: { ended.send($0.run()) })
        return Hub(
            outbox: inbox.outbox, thread: thread, statistics: statistics, ended: ended, publishPort: ports.0,
            syncPort: ports.1)
    }

    /// Heartbeats end, what is queued goes out, the sockets close.
    package func stop() async {
        outbox.append(.stop)
        await thread.join()
    }

    /// Waits for the hub's end, or for `stopWatching`; throws if the hub ended by an error. A node whose agents hear
    /// nothing more must not go on as if they did.
    func watch() async throws {
        if let error = await ended.wait() { throw error }
    }

    func stopWatching() { ended.send(nil) }

    var counts: HubStatistics { statistics }
}

/// What the hub did since this process started.
final class HubStatistics: Sendable {
    let deltasPublished = Atomic<UInt64>(0)
    let heartbeats = Atomic<UInt64>(0)
    let reports = Atomic<UInt64>(0)
    let catchUps = Atomic<UInt64>(0)
    /// Urgent copies of kills, agent by agent.
    let killsSent = Atomic<UInt64>(0)
    let repliesDropped = Atomic<UInt64>(0)
    let malformed = Atomic<UInt64>(0)
    let sessions = Atomic<Int>(0)
}

extension Atomic<UInt64> {
    borrowing func count() { add(1, ordering: .relaxed) }
    borrowing func read() -> UInt64 { load(ordering: .relaxed) }
}
