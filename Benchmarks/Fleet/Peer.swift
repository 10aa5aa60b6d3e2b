import Figures
import Foundation
import GRDB
import Harness
import ZeroMQ

/// What Pilotlight's path costs at the least: a commit at the sender (SQLite, WAL, synchronous FULL), libzmq's PUB to as
/// many SUB processes, a commit at each (WAL, synchronous NORMAL). Nothing else.
struct Peer {
    var subscribers: Int
    var payloadBytes: Int

    /// From where it is counted.
    enum Start {
        /// Before the sender's commit.
        case request
        /// Right before the send, after the commit.
        case send
    }

    /// Each message is sent when every subscriber has said that it committed the one before.
    func measure(messages: Int) throws -> [Start: Propagation.Figures] {
        let directory = try TemporaryDirectory()
        let (publishPort, reportPort) = (try FreePort.next(), try FreePort.next())
        let context = try ZMQContext()
        let publisher = try ZMQSocket(
            .xpub, in: context, options: [.sendHighWaterMark(0), .linger(0), .xpubVerbose(true)])
        try publisher.bind("tcp://127.0.0.1:\(publishPort)")
        let reports = try ZMQSocket(.router, in: context, options: [.receiveHighWaterMark(0), .linger(0)])
        try reports.bind("tcp://127.0.0.1:\(reportPort)")
        let store = try Self.open(directory.path("sender.sqlite"), synchronous: "FULL")
        let processes = try (0..<subscribers).map { index in
            try RunningProcess(
                Pilotlight.builtFile("fleet-benchmark"),
                [
                    "subscriber", "--publish-port", "\(publishPort)", "--report-port", "\(reportPort)", "--data",
                    directory.path("subscriber-\(index).sqlite"),
                ], environment: ProcessInfo.processInfo.environment, log: directory.path("subscriber-\(index)"))
        }
        defer { for process in processes { process.kill() } }

        var poll = PollSet()
        let subscriptions = poll.add(publisher)
        _ = poll.add(reports)
        var subscribed = 0
        while subscribed < subscribers {
            guard try poll.wait(milliseconds: 20_000) else { throw HarnessError("only \(subscribed) peers subscribed") }
            if poll.isReadable(subscriptions), case .message = try publisher.receive() { subscribed += 1 }
        }
        var request = Propagation.Figures()
        var send = Propagation.Figures()
        var payload = [UInt8](repeating: 0x78, count: payloadBytes)
        let warmUp = 20
        for number in 0..<(messages + warmUp) {
            payload.withUnsafeMutableBytes { $0.storeBytes(of: UInt64(number).bigEndian, as: UInt64.self) }
            let requested = nanoseconds()
            try Self.commit(store, UInt64(number), payload)
            let sent = nanoseconds()
            guard try publisher.send([Array("peer/".utf8), payload]) == .sent else { throw HarnessError("not sent") }
            var committed: [UInt64] = []
            while committed.count < subscribers {
                if case .message(let frames) = try reports.receive() {
                    guard let frame = frames.last, frame.count == 8 else { continue }
                    committed.append(frame.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) })
                } else {
                    guard try poll.wait(milliseconds: 20_000) else {
                        throw HarnessError("a peer didn't commit in time")
                    }
                }
            }
            guard number >= warmUp else { continue }
            request.add(committed.map { $0 - requested })
            send.add(committed.map { $0 - sent })
        }
        return [.request: request, .send: send]
    }

    static func open(_ path: String, synchronous: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = \(synchronous)") }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { db in
            try db.execute(sql: "CREATE TABLE entries (key TEXT PRIMARY KEY, bytes BLOB) WITHOUT ROWID")
            try db.execute(sql: "CREATE TABLE log (number INTEGER PRIMARY KEY, bytes BLOB)")
        }
        return queue
    }

    /// An entry and a line of the log, as one transaction.
    static func commit(_ queue: DatabaseQueue, _ number: UInt64, _ payload: [UInt8]) throws {
        try queue.write { db in
            let bytes = Data(payload)
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO entries (key, bytes) VALUES ('checkout', ?)")
                .execute(arguments: [bytes])
            try db.cachedStatement(sql: "INSERT INTO log (number, bytes) VALUES (?, ?)")
                .execute(arguments: [Int64(number), bytes])
        }
    }
}

/// A subscriber process of the peer: receives, commits, says when it had committed.
struct PeerSubscriber {
    private let options: Options

    init(_ options: Options) { self.options = options }

    func run() throws {
        let store = try Peer.open(options.text("data") ?? "subscriber.sqlite", synchronous: "NORMAL")
        let context = try ZMQContext()
        let reports = try ZMQSocket(.dealer, in: context, options: [.linger(0)])
        try reports.connect("tcp://127.0.0.1:\(options.number("report-port", 0))")
        let socket = try ZMQSocket(
            .sub, in: context, options: [.receiveHighWaterMark(0), .linger(0), .subscribe(Array("peer/".utf8))])
        try socket.connect("tcp://127.0.0.1:\(options.number("publish-port", 0))")
        var poll = PollSet()
        let entry = poll.add(socket)
        while true {
            guard try poll.wait(milliseconds: -1), poll.isReadable(entry) else { continue }
            while case .message(let frames) = try socket.receive() {
                guard let payload = frames.last else { continue }
                let number = payload.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
                try Peer.commit(store, number, payload)
                let committed = withUnsafeBytes(of: nanoseconds().bigEndian) { Array($0) }
                _ = try reports.send([committed])
            }
        }
    }
}
