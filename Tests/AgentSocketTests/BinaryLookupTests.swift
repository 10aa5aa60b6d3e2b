import AgentSocket
import Foundation
import Harness
import LookupProtocol
import NIOCore
import Replication
import Testing

@Suite struct BinaryLookupTests {
    private static func request(
        _ key: String, _ expected: ValueType? = nil, targetingKey: String? = nil, context: String? = nil,
        metadata: Bool = false, id: UInt32 = 1
    ) -> LookupRequest {
        LookupRequest(
            id: id, key: key, expected: expected,
            subject: LookupSubject(
                targetingKey: targetingKey, context: context.map { Array($0.utf8) }, wantsMetadata: metadata))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var request: LookupRequest
        var reason: AnswerReason
        var variant: String?
        var value: AnswerValue?
        var error: AnswerErrorCode?
        var testDescription: String { "\(request)" }
    }

    static let cases: [Case] = [
        Case(request: request("on-off", .bool), reason: .static, variant: "on", value: .bool(true)),
        Case(request: request("on-off", .string), reason: .error, error: .typeMismatch),
        Case(request: request("greeting"), reason: .static, variant: "a", value: .string("hello")),
        Case(request: request("whole"), reason: .static, variant: "few", value: .integer(3)),
        Case(request: request("whole", .double), reason: .static, variant: "few", value: .double(3)),
        Case(request: request("share"), reason: .static, variant: "none", value: .double(0)),
        Case(request: request("share", .integer), reason: .static, variant: "none", value: .integer(0)),
        Case(request: request("ten"), reason: .static, variant: "ten", value: .double(10)),
        Case(request: request("ten", .integer), reason: .static, variant: "ten", value: .integer(10)),
        Case(
            request: request("shape", .object), reason: .static, variant: "o",
            value: .object(Array(#"{"z":[1,10.0],"a":null}"#.utf8))),
        Case(request: request("sleeping", .string), reason: .disabled),
        Case(request: request("undecided"), reason: .default),
        Case(
            request: request("for-ann", targetingKey: "ann"), reason: .targetingMatch, variant: "on", value: .bool(true)
        ),
        Case(
            request: request("for-ann", targetingKey: "bob"), reason: .targetingMatch, variant: "off",
            value: .bool(false)),
        Case(
            request: request("tiered", context: #"{"tier":"gold"}"#), reason: .targetingMatch, variant: "on",
            value: .string("yes")),
        Case(
            request: request("for-ann", targetingKey: "ann", context: #"{"targetingKey":"bob"}"#),
            reason: .targetingMatch, variant: "on", value: .bool(true)),
        Case(request: request("on-off", context: "["), reason: .error, error: .parseError),
        Case(request: request("on-off", context: "[]"), reason: .error, error: .invalidContext),
        Case(request: request("nowhere"), reason: .error, error: .flagNotFound),
        Case(request: request("stray"), reason: .error, error: .general),
    ]

    @Test(arguments: cases) func answersAreExactly(_ wanted: Case) async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            let answer = try #require(try client.answer(to: wanted.request))
            #expect(client.environment == "production")
            #expect(answer.reason == wanted.reason)
            #expect(answer.variant == wanted.variant)
            #expect(answer.value == wanted.value)
            #expect(answer.error == wanted.error)
            #expect(answer.errorDetails.isEmpty == (wanted.error == nil))
            #expect(answer.metadata == nil)
            #expect(answer.stamp.number == 42)
            #expect(answer.stamp.epochCounter == 3)
            #expect(answer.stamp.epochID == ServedAgent.epoch.id)
            #expect(answer.stamp.isReady)
            #expect(answer.stamp.isStale)
            #expect(answer.stamp.stalenessMilliseconds == nil)
        }
    }

    @Test func metadataComesWhenAskedFor() async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            let answer = try client.answer(to: Self.request("greeting", metadata: true))
            #expect(answer?.metadata == Array(#"{"owner":"web"}"#.utf8))
            #expect(try client.answer(to: Self.request("on-off", metadata: true))?.metadata == nil)
        }
    }

    @Test func manyMayBeInFlight() async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            var ids = Array(UInt32(0)..<5_000)
            ids.shuffle()
            let keys = ["on-off", "ten", "nowhere", "for-ann"]
            let frames = ids.map { id in
                ClientFrame.lookup(Self.request(keys[Int(id) % 4], targetingKey: "ann", id: id))
            }
            // Sent from a thread of its own: neither side waits for the other to read.
            let bytes = RawLookupClient.bytes(frames)
            let socket = client.socket
            Thread { try? socket.send(bytes) }.start()
            var waiting = Set(ids)
            while !waiting.isEmpty {
                guard case .answer(let id, let answer) = try client.next() else {
                    Issue.record("no answer")
                    return
                }
                #expect(waiting.remove(id) != nil)
                #expect(answer.error == (id % 4 == 2 ? .flagNotFound : nil))
                #expect(answer.variant == ["on", "ten", nil, "on"][Int(id) % 4])
            }
        }
    }

    @Test func framesMayBeCutAtEveryByte() async throws {
        try await serving { agent in
            let request = Self.request("tiered", targetingKey: "ann", context: #"{"tier":"gold"}"#)
            let bytes = Preamble.client() + RawLookupClient.bytes([.lookup(request)])
            for cut in 1..<bytes.count {
                let client = try RawLookupClient(agent.socket, preamble: Array(bytes[..<cut]))
                if cut % 3 == 0 { try client.socket.waitUntilTaken() }
                try client.socket.send(Array(bytes[cut...]))
                client.socket.endSending()
                guard case .answer(1, let answer) = try client.next() else {
                    Issue.record("no answer when cut at \(cut)")
                    continue
                }
                #expect(answer.value == .string("yes"))
                #expect(try client.next() == nil)
            }
        }
    }

    @Test func allFlagsComeFromOneRevision() async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            try client.send(.lookupAll(LookupAllRequest(id: 8, subject: LookupSubject(targetingKey: "ann"))))
            var keys: [String] = []
            while case .flagAnswer(8, let key, let answer) = try client.next() {
                keys.append(key)
                #expect(answer.stamp.number == 42)
                if key == "for-ann" { #expect(answer.value == .bool(true)) }
                if keys.count == ServedAgent.flags.count { break }
            }
            #expect(keys == ServedAgent.flags.map(\.0).sorted())
            guard case .lookupAllEnd(8, let end) = try client.next() else {
                Issue.record("no end")
                return
            }
            #expect(end.count == UInt32(ServedAgent.flags.count))
            #expect(end.error == nil)
        }
    }

    @Test func withoutConfirmedStateLookupsSaySoAtOnce() async throws {
        try await serving(ServedAgent.unconfirmed) { agent in
            let client = try RawLookupClient(agent.socket)
            let answer = try client.answer(to: Self.request("on-off"))
            #expect(answer?.error == .providerNotReady)
            #expect(answer?.stamp.isReady == false)
            try client.send(.lookupAll(LookupAllRequest(id: 2)), .ping(id: 3))
            guard case .lookupAllEnd(2, let end) = try client.next() else {
                Issue.record("no end")
                return
            }
            #expect(end.error == .providerNotReady)
            guard case .pong(3, let stamp) = try client.next() else {
                Issue.record("no pong")
                return
            }
            #expect(!stamp.isReady)
        }
    }

    @Test func stalenessIsTold() async throws {
        try await serving { agent in
            agent.heard(42)
            let client = try RawLookupClient(agent.socket)
            let answer = try client.answer(to: Self.request("on-off"))
            #expect(answer?.stamp.isStale == false)
            #expect(try #require(answer?.stamp.stalenessMilliseconds) < 5_000)
        }
    }

    @Test func unknownFrameTypesAreAnsweredAndTheConnectionGoesOn() async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            try client.socket.send([0, 0, 0, 7, 0x66, 0, 0, 0, 9, 1, 2])
            guard case .failure(9, let failure) = try client.next() else {
                Issue.record("no failure")
                return
            }
            #expect(failure.code == .unknownType)
            #expect(try client.answer(to: Self.request("on-off"))?.value == .bool(true))
        }
    }

    static let malformed: [([UInt8], FailureCode, UInt32)] = [
        ([0, 0, 0, 4, 1, 0, 0, 0], .malformed, 0),
        ([0, 0, 0, 6, 1, 0, 0, 0, 9, 0], .malformed, 9),
        ([0, 0, 0, 9, 1, 0, 0, 0, 9, 77, 0, 0, 0], .malformed, 9),
        ([0, 0, 0, 6, 3, 0, 0, 0, 9, 0], .malformed, 9),
        ([0x00, 0x10, 0x00, 0x01], .tooLong, 0),
        ([0xFF, 0xFF, 0xFF, 0xFF], .tooLong, 0),
    ]

    @Test(arguments: malformed)
    func malformedFramesAreAnsweredThenClosed(bytes: [UInt8], code: FailureCode, id: UInt32) async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            // What came before it is still answered.
            try client.socket.send(RawLookupClient.bytes([.lookup(Self.request("on-off", id: 5))]) + bytes)
            guard case .answer(5, _) = try client.next() else {
                Issue.record("no answer")
                return
            }
            guard case .failure(let failed, let failure) = try client.next() else {
                Issue.record("no failure")
                return
            }
            #expect(failed == id)
            #expect(failure.code == code)
            #expect(try client.next() == nil)
        }
    }

    @Test(arguments: [[0x00, 0x41], [0x00, 0x50, 0x4C, 0x00]] as [[UInt8]])
    func wrongPreamblesAreAnsweredThenClosed(bytes: [UInt8]) async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket, preamble: bytes)
            guard case .failure(0, let failure) = try client.next() else {
                Issue.record("no failure")
                return
            }
            #expect(failure.code == (bytes.count == 2 ? .malformed : .unsupportedVersion))
            #expect(try client.next() == nil)
        }
    }

    @Test func aNewerClientIsGivenTheVersionThatBothSpeak() async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket, preamble: [0x00, 0x50, 0x4C, 9])
            #expect(try client.answer(to: Self.request("on-off"))?.value == .bool(true))
        }
    }

    @Test func aFrameThatNeverEndsIsGivenUp() async throws {
        try await serving(configure: {
            $0.requestTimeout = .seconds(2)
        }) { agent in
            let client = try RawLookupClient(agent.socket)
            try client.socket.send([0, 0, 0, 50, 1])
            guard case .failure(0, let failure) = try client.next() else {
                Issue.record("no failure")
                return
            }
            #expect(failure.code == .timeout)
            #expect(try client.next() == nil)
        }
    }

    /// A client that asks and never reads is not read from either, and gets every answer once it reads.
    @Test func answersWaitForAReaderThatIsSlow() async throws {
        try await serving { agent in
            let count = 40_000
            let frame = RawLookupClient.bytes([.lookup(Self.request("greeting", metadata: true, id: 7))])
            let requests = [UInt8](repeatElement(frame, count: count).joined())
            let client = try RawLookupClient(agent.socket)
            let socket = client.socket
            let taken = try socket.send(requests, untilBlockedFor: .seconds(1))
            #expect(taken < requests.count, "every request was read although no answer was")
            Thread { try? socket.send(Array(requests[taken...])) }.start()
            for _ in 0..<count {
                guard case .answer(7, _) = try client.next() else {
                    Issue.record("no answer")
                    return
                }
            }
        }
    }
}
