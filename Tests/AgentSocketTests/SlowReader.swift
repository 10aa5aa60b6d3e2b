import Foundation
import Harness
import Testing

/// Asks thousands of times before it reads one answer.
enum SlowReader {
    /// Sends `request` so often, checks that not all of them are taken while no answer is read, then reads.
    /// - Returns: how often `mark` came, which each answer has once.
    static func answers(
        of agent: ServedAgent, to request: [UInt8], count: Int, marked mark: String
    ) throws -> Int {
        let requests = [UInt8](repeatElement(request, count: count).joined())
        let socket = try BlockingSocket(agent.socket, timeout: .seconds(60))
        let taken = try socket.send(requests, untilBlockedFor: .seconds(1))
        #expect(taken < requests.count, "every request was read although no answer was")
        Thread { try? socket.send(Array(requests[taken...])) }.start()
        let mark = Array(mark.utf8)
        var answered = 0
        var unread: [UInt8] = []
        while answered < count {
            let more = try socket.receive()
            if more.isEmpty { break }
            unread += more
            var start = 0
            while let found = unread[start...].firstRange(of: mark) {
                answered += 1
                start = found.upperBound
            }
            unread = Array(unread[start...].suffix(mark.count - 1))
        }
        return answered
    }
}
