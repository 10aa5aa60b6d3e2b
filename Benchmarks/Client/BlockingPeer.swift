import Figures
import Harness
import LookupProtocol

/// Threads with a connection each, one request under way on each: no tasks, no event loop.
struct BlockingPeer {
    enum Way: Sendable {
        /// The binary lookup protocol.
        case frames
        /// OFREP over HTTP/1.1, requests written by hand and answers searched for the value.
        case ofrep
    }

    private let way: Way

    init(_ way: Way) { self.way = way }

    func measure(lookups: Int, threads: Int, _ agent: AgentProcess) async throws -> Measurement {
        let (way, socket) = (way, agent.socket)
        return try await Measurement(agent) {
            try await withThrowingTaskGroup(of: Measurement.Part.self) { group in
                for thread in 0..<threads {
                    group.addTask {
                        try await onThread { try Self.ask(way, socket, lookups / threads, thread: thread) }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
    }

    private static func ask(_ way: Way, _ socket: String, _ count: Int, thread: Int) throws -> Measurement.Part {
        let asker = try asker(way, socket)
        var part = Measurement.Part()
        part.latencies.reserveCapacity(count)
        for number in 0..<count {
            let question = Question(number, task: thread)
            let start = nanoseconds()
            let value = try asker(question)
            part.latencies.append(nanoseconds() - start)
            if value != question.expected { part.wrong += 1 }
        }
        return part
    }

    private static func asker(_ way: Way, _ socket: String) throws -> (Question) throws -> Int? {
        switch way {
        case .frames:
            let connection = try LookupConnection(socket)
            return { question in
                let answer = try connection.lookup(
                    question.key, targetingKey: question.targetingKey, expected: .integer)
                guard case .integer(let value) = answer.value else { return nil }
                return Int(value)
            }
        case .ofrep:
            let connection = try BlockingSocket(.unix(socket))
            return { question in
                try connection.send(request(question))
                return try value(inAnswerOf: connection)
            }
        }
    }

    private static func request(_ question: Question) -> [UInt8] {
        let body = "{\"context\":{\"targetingKey\":\"\(question.targetingKey)\"}}"
        return Array(
            """
            POST /ofrep/v1/evaluate/flags/\(question.key) HTTP/1.1\r
            Host: agent\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """.utf8)
    }

    /// The number behind `"value":` in an answer that comes whole, which is how the agent sends one so short.
    private static func value(inAnswerOf connection: BlockingSocket) throws -> Int? {
        let answer = try connection.receive(atMost: 4_096)
        guard answer.last == UInt8(ascii: "}") else { throw HarnessError("no whole answer came in one piece") }
        let name = Array("\"value\":".utf8)
        guard let start = answer.indices.first(where: { answer[$0...].starts(with: name) }) else { return nil }
        let digits = answer[(start + name.count)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
