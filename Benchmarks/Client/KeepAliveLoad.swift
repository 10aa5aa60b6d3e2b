import Figures
import Glibc
import Harness

/// One thread that keeps one request under way on each of some connections to a Unix socket, for so many seconds.
struct KeepAliveLoad {
    /// What is sent, and what an answer must hold to be right.
    struct Exchange {
        var request: [UInt8]
        var wanted: [UInt8]?
    }

    struct Outcome {
        var latencies = Samples()
        var seconds = 0.0
        var wrong = 0
    }

    private struct Connection {
        var socket: BlockingSocket
        /// Which exchange is under way.
        var index: Int
        var sentAt: UInt64 = 0
        /// The beginning of an answer that came in pieces.
        var begun: [UInt8] = []
    }

    private static let status = Array("HTTP/1.1 204".utf8)
    private static let end = Array("\r\n\r\n".utf8)

    let socket: String
    /// Asked in turn.
    let exchanges: [Exchange]

    func run(connections count: Int, seconds: Double) throws -> Outcome {
        var connections = try (0..<count).map { number in
            Connection(
                socket: try BlockingSocket(.unix(socket)), index: number * exchanges.count / count)
        }
        var waiting = connections.map {
            pollfd(fd: $0.socket.fileDescriptor, events: Int16(POLLIN), revents: 0)
        }
        var outcome = Outcome()
        let start = nanoseconds()
        let stop = start + UInt64(seconds * 1e9)
        for index in connections.indices { try send(on: &connections[index]) }
        var underWay = count
        while underWay > 0 {
            let ready = poll(&waiting, nfds_t(count), 10_000)
            guard ready > 0 else {
                if ready < 0, errno == EINTR { continue }
                throw HarnessError("no answer within 10 s")
            }
            for index in waiting.indices where waiting[index].revents != 0 {
                guard try receive(on: &connections[index], &outcome) else { continue }
                if nanoseconds() < stop {
                    try send(on: &connections[index])
                } else {
                    underWay -= 1
                    waiting[index].fd = -1
                }
            }
        }
        outcome.seconds = Double(nanoseconds() - start) / 1e9
        return outcome
    }

    private func send(on connection: inout Connection) throws {
        connection.index = (connection.index + 1) % exchanges.count
        connection.sentAt = nanoseconds()
        try connection.socket.send(exchanges[connection.index].request)
    }

    /// False until all of the answer has come.
    private func receive(on connection: inout Connection, _ outcome: inout Outcome) throws -> Bool {
        let came = try connection.socket.receive(atMost: 2_048)
        guard !came.isEmpty else { throw HarnessError("the connection was closed") }
        connection.begun += came
        guard connection.begun.suffix(Self.end.count).elementsEqual(Self.end) else { return false }
        outcome.latencies.add(nanoseconds() - connection.sentAt)
        let wanted = exchanges[connection.index].wanted
        let isRight = connection.begun.starts(with: Self.status) && (wanted.map { holds($0, connection.begun) } ?? true)
        if !isRight { outcome.wrong += 1 }
        connection.begun.removeAll(keepingCapacity: true)
        return true
    }

    private func holds(_ part: [UInt8], _ answer: [UInt8]) -> Bool {
        var start = 0
        while let found = answer[start...].firstIndex(of: part[0]) {
            if answer[found...].starts(with: part) { return true }
            start = found + 1
        }
        return false
    }
}
