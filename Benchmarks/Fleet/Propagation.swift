import Figures
import Foundation
import Harness
import JSON
import LookupProtocol

/// How long from a change's request to its being seen at every agent, beside plain PUB/SUB with the same payloads and the
/// same two commits to disk.
struct Propagation {
    private let agentCount: Int
    private let changes: Int
    private static let description = String(repeating: "d", count: 150)

    init(_ options: Options) {
        agentCount = options.number("agents", 50)
        changes = options.number("changes", 500)
    }

    /// What was measured of one side.
    struct Figures {
        /// Over every (change, receiver) pair.
        var all = Samples()
        /// Of each change, its slowest receiver.
        var slowest = Samples()

        mutating func add(_ pairs: [UInt64]) {
            for pair in pairs { all.add(pair) }
            if let last = pairs.max() { slowest.add(last) }
        }
    }

    func run() async throws {
        let peer = Peer(subscribers: agentCount, payloadBytes: 420)
        // Before and after, so that a machine that drifts doesn't favour one side.
        var peerFigures = try peer.measure(messages: changes / 2)
        let own = try await measureAgents()
        let second = try peer.measure(messages: changes - changes / 2)
        for (kind, more) in second {
            peerFigures[kind, default: Figures()].all.add(more.all)
            peerFigures[kind, default: Figures()].slowest.add(more.slowest)
        }

        print("\n\(changes) changes one after another, \(agentCount) agents; milliseconds")
        var table = FigureTable("", "median", "p99", "largest", "slowest agent: median", "p99")
        func add(_ name: String, _ figures: Figures) {
            table.add(
                name, figures.all.median.digits(2), figures.all.p99.digits(2), figures.all.largest.digits(2),
                figures.slowest.median.digits(2), figures.slowest.p99.digits(2))
        }
        add("Pilotlight: request sent → watch frame", own.frames)
        add("Pilotlight: request sent → answer at that revision", own.answers)
        let committed = peerFigures[.request] ?? Figures()
        add("Pilotlight: request sent → acknowledged", own.acknowledged)
        add("plain PUB/SUB: before the sender's commit → committed", committed)
        add("plain PUB/SUB: send → committed", peerFigures[.send] ?? Figures())
        print(table.text)
        let sent = peerFigures[.send] ?? Figures()
        print(
            """
            ratio of the answer's p99 to the peer's, sender's commit included: \
            \((own.answers.all.p99 / committed.all.p99).digits(2)) (median \
            \((own.answers.all.median / committed.all.median).digits(2)))
            ratio of the answer's p99 to the peer's send → committed: \
            \((own.answers.all.p99 / sent.all.p99).digits(2)) (median \
            \((own.answers.all.median / sent.all.median).digits(2)))
            """)
    }

    // MARK: Pilotlight

    private func measureAgents() async throws -> (frames: Figures, answers: Figures, acknowledged: Figures) {
        let cluster = try await Cluster(agents: agentCount)
        let (control, sockets) = (cluster.control, cluster.agents.map(\.socket))
        let description = Self.description
        try control.apply(Self.document("off", description))
        try await cluster.converged()
        let changes = changes
        return try await onThread {
            let operatorSocket = try BlockingSocket(.tcp(control.apiPort))
            let watches = try sockets.map { try Watch($0) }
            for watch in watches { try watch.begin() }
            var frames = Figures()
            var answers = Figures()
            var acknowledged = Figures()
            let warmUp = 20
            for change in 1...(changes + warmUp) {
                let request = Self.request(change.isMultiple(of: 2) ? "off" : "on")
                let start = nanoseconds()
                try operatorSocket.send(request)
                let result = try WatchRound(watches: watches, acknowledging: operatorSocket)
                    .run(until: UInt64(change + 1))
                guard change > warmUp else { continue }
                frames.add(result.frames.map { $0 - start })
                answers.add(result.answers.map { $0 - start })
                acknowledged.add([result.acknowledged - start])
            }
            return (frames, answers, acknowledged)
        }
    }

    private static func document(_ variant: String, _ description: String) -> String {
        """
        {"flags": {"checkout": {"state": "ENABLED", "variants": {"on": true, "off": false}, \
        "defaultVariant": "\(variant)", "description": "\(description)"}}}
        """
    }

    private static func request(_ variant: String) -> [UInt8] {
        let body = "{\"defaultVariant\":\"\(variant)\"}"
        return Array(
            """
            PATCH /v1/environments/production/flags/checkout HTTP/1.1\r
            Host: localhost\r
            Pilotlight-Actor: benchmark\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }
}

/// One agent's socket: a watch, and a lookup on each of its frames.
final class Watch {
    let socket: BlockingSocket
    private var reader = ServerFrameReader()
    private var id: UInt32 = 1
    /// What is asked on each frame.
    var question = LookupRequest(id: 0, key: "checkout")
    private(set) var answer: FlagAnswer?
    /// When the change frame and when the answer of the awaited number came.
    var frameAt: UInt64?
    var answerAt: UInt64?

    init(_ path: String) throws {
        socket = try BlockingSocket(.unix(path))
        try socket.send(Preamble.client())
    }

    func begin() throws {
        try send(.watch(id: 0xFFFF))
        while true {
            if case .change = try next() { return }
        }
    }

    private func send(_ frame: ClientFrame) throws {
        var bytes: [UInt8] = []
        frame.write(to: &bytes)
        try socket.send(bytes)
    }

    private func next() throws -> ServerFrame {
        while true {
            if let frame = try reader.next() { return frame }
            reader.append(try socket.receive())
        }
    }

    /// Takes what came. True when the answer of `number` is there.
    func take(_ number: UInt64, at now: UInt64) throws -> Bool {
        reader.append(try socket.receive())
        while let frame = try reader.next() {
            switch frame {
            case .change(_, let notice) where notice.stamp.number >= number && frameAt == nil:
                frameAt = now
                id &+= 1
                question.id = id
                try send(.lookup(question))
            case .answer(_, let answer) where answer.stamp.number >= number && answerAt == nil:
                answerAt = now
                self.answer = answer
            default: continue
            }
        }
        return answerAt != nil
    }
}

/// Waits for one revision on every socket at once.
struct WatchRound {
    var watches: [Watch]
    var acknowledging: BlockingSocket

    func run(until number: UInt64) throws -> (frames: [UInt64], answers: [UInt64], acknowledged: UInt64) {
        for watch in watches {
            watch.frameAt = nil
            watch.answerAt = nil
        }
        var items = watches.map { pollfd(fd: $0.socket.fileDescriptor, events: Int16(POLLIN), revents: 0) }
        items.append(pollfd(fd: acknowledging.fileDescriptor, events: Int16(POLLIN), revents: 0))
        var waiting = watches.count
        var acknowledged: UInt64?
        while waiting > 0 || acknowledged == nil {
            guard poll(&items, nfds_t(items.count), 30_000) > 0 else {
                throw HarnessError("revision \(number) isn't everywhere after 30 s: \(waiting) agents don't have it")
            }
            for index in watches.indices where items[index].revents != 0 {
                let now = nanoseconds()
                let had = watches[index].answerAt != nil
                if try watches[index].take(number, at: now), !had { waiting -= 1 }
            }
            if items[watches.count].revents != 0 {
                let answer = try acknowledging.receive()
                guard String(decoding: answer, as: UTF8.self).contains("200 OK") || acknowledged != nil else {
                    throw HarnessError("refused: \(String(decoding: answer, as: UTF8.self))")
                }
                acknowledged = acknowledged ?? nanoseconds()
            }
        }
        return (watches.compactMap(\.frameAt), watches.compactMap(\.answerAt), acknowledged ?? 0)
    }
}
