import Figures
import Foundation
import Harness
import LookupProtocol

/// One agent's socket: a watch, and a lookup whenever a change may be about the awaited flag.
final class KillWatch {
    let socket: BlockingSocket
    private var reader = ServerFrameReader()
    private var id: UInt32 = 1
    private var victim = ""
    /// When an answer said that it is killed.
    private(set) var seenAt: UInt64?
    /// Which revision the agent answers from.
    private(set) var number: UInt64 = 0

    init(_ path: String) throws {
        socket = try BlockingSocket(.unix(path))
        try socket.send(Preamble.client())
    }

    func begin() throws {
        try send(.watch(id: 0xFFFF))
        while true {
            if case .change(_, let notice)? = try reader.next() {
                number = notice.stamp.number
                return
            }
            reader.append(try socket.receive())
        }
    }

    func await(_ victim: String) {
        self.victim = victim
        seenAt = nil
    }

    private func send(_ frame: ClientFrame) throws {
        var bytes: [UInt8] = []
        frame.write(to: &bytes)
        try socket.send(bytes)
    }

    /// Takes what came.
    func take() throws {
        reader.append(try socket.receive())
        while let frame = try reader.next() {
            switch frame {
            case .change(_, let notice):
                number = notice.stamp.number
                guard seenAt == nil, notice.changedKeys?.contains(victim) ?? true else { continue }
                id &+= 1
                try send(.lookup(LookupRequest(id: id, key: victim)))
            case .answer(id, let answer):
                number = answer.stamp.number
                if seenAt == nil, answer.value == .bool(false) { seenAt = nanoseconds() }
            default: continue
            }
        }
    }
}

/// Waits for one kill on every socket at once, and for its acknowledgement.
struct KillRound {
    var watches: [KillWatch]
    var acknowledging: BlockingSocket

    func run(_ victim: String) throws -> (seen: [UInt64], acknowledged: UInt64) {
        for watch in watches { watch.await(victim) }
        var items = watches.map { pollfd(fd: $0.socket.fileDescriptor, events: Int16(POLLIN), revents: 0) }
        items.append(pollfd(fd: acknowledging.fileDescriptor, events: Int16(POLLIN), revents: 0))
        var acknowledged: UInt64?
        while acknowledged == nil || watches.contains(where: { $0.seenAt == nil }) {
            guard poll(&items, nfds_t(items.count), 30_000) > 0 else {
                let waiting = watches.count { $0.seenAt == nil }
                throw HarnessError("the kill of \(victim) isn't everywhere after 30 s: \(waiting) agents don't show it")
            }
            for index in watches.indices where items[index].revents != 0 { try watches[index].take() }
            if items[watches.count].revents != 0 {
                let answer = String(decoding: try acknowledging.receive(), as: UTF8.self)
                guard answer.contains("200 OK") || acknowledged != nil else { throw HarnessError("refused: \(answer)") }
                acknowledged = acknowledged ?? nanoseconds()
            }
        }
        return (watches.compactMap(\.seenAt), acknowledged ?? 0)
    }
}
