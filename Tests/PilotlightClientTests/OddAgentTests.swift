import Harness
import LookupProtocol
import PilotlightClient
import Synchronization
import Testing

/// What the protocol allows and our agent doesn't do, and what no agent may do.
@Suite(.timeLimit(.minutes(20))) struct OddAgentTests {
    @Test func answersInAnyOrderGoToWhoAsked() async throws {
        let held = Mutex<[LookupRequest]>([])
        let agent = try await FakeAgent { frame in
            guard case .lookup(let request) = frame else { return [] }
            return held.withLock { held in
                held.append(request)
                guard held.count == 50 else { return [] }
                return held.reversed().flatMap { FakeAgent.answer($0.id, .string($0.key)) }
            }
        }
        let client = FlagClient(socketPath: agent.socket)
        await withTaskGroup(of: (String, String).self) { group in
            for number in 0..<50 {
                group.addTask {
                    let key = "key-\(number)"
                    return (key, await client.string(key, default: "none", within: .seconds(600)))
                }
            }
            for await (key, value) in group { #expect(value == key) }
        }
        await client.shutdown()
    }

    @Test func aLateAnswerGoesToNobody() async throws {
        let late = Mutex<UInt32?>(nil)
        let agent = try await FakeAgent { frame in
            guard case .lookup(let request) = frame else { return [] }
            if request.key == "slow" {
                late.withLock { $0 = request.id }
                return []
            }
            let first = late.withLock { $0 }.map { FakeAgent.answer($0, .string("of the slow one")) } ?? []
            return first + FakeAgent.answer(request.id, .string(request.key))
        }
        let client = FlagClient(socketPath: agent.socket)
        let slow = await client.stringDetails("slow", default: "none", within: .milliseconds(50))
        #expect(slow.value == "none" && slow.errorCode == .general, "\(slow)")
        #expect(slow.errorMessage?.hasPrefix("deadline exceeded") == true, "\(slow)")
        for _ in 0..<3 { #expect(await client.string("quick", default: "none", within: .seconds(600)) == "quick") }
        await client.shutdown()
    }

    @Test func aFailureFailsItsLookupOnly() async throws {
        let agent = try await FakeAgent { frame in
            guard case .lookup(let request) = frame else { return [] }
            guard request.key == "odd" else { return FakeAgent.answer(request.id, .bool(true)) }
            var bytes: [UInt8] = []
            Failure(code: .unknownType, message: "not today").write(id: request.id, to: &bytes)
            return bytes
        }
        let client = FlagClient(socketPath: agent.socket)
        let odd = await client.booleanDetails("odd", default: true, within: .seconds(600))
        #expect(odd.value && odd.reason == .error && odd.errorCode == .general)
        #expect(odd.errorMessage?.contains("not today") == true, "\(odd)")
        #expect(await client.boolean("even", default: false, within: .seconds(600)))
        await client.shutdown()
    }

    @Test(arguments: [Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), [0x00, 0x50, 0x4C, 0x09, 0x00]])
    func whatIsNotTheProtocolIsTheDefaultAndTheReason(_ preamble: [UInt8]) async throws {
        let agent = try await FakeAgent(preamble: preamble) { _ in [] }
        let client = FlagClient(socketPath: agent.socket)
        try await eventually("the reason names the protocol") { sighting in
            let details = await client.integerDetails("any", default: 7, within: .seconds(600))
            #expect(details.value == 7 && details.reason == .error)
            sighting.note(details)
            return details.errorMessage?.contains("lookup protocol") == true
        }
        await client.shutdown()
    }

    @Test func aValueOfAnotherTypeIsAMismatch() async throws {
        let agent = try await FakeAgent { frame in
            guard case .lookup(let request) = frame else { return [] }
            return FakeAgent.answer(request.id, .string("text"))
        }
        let client = FlagClient(socketPath: agent.socket)
        let details = await client.booleanDetails("any", default: true, within: .seconds(600))
        #expect(details.value && details.reason == .error && details.errorCode == .typeMismatch)
        #expect(details.variant == nil)
        #expect(await client.double("any", default: 0.5, within: .seconds(600)) == 0.5)
        await client.shutdown()
    }

    @Test func whatFitsIntoNoFrameIsRefusedBeforeItCostsTheConnection() async throws {
        let agent = try await FakeAgent { frame in
            guard case .lookup(let request) = frame else { return [] }
            return FakeAgent.answer(request.id, .bool(true))
        }
        let client = FlagClient(socketPath: agent.socket)
        let huge = EvaluationContext(attributes: ["text": .string(String(repeating: "x", count: 1 << 20))])
        let context = await client.booleanDetails("any", default: false, context: huge)
        #expect(context.errorCode == .invalidContext && context.errorMessage?.contains("send less") == true)
        let key = await client.booleanDetails(String(repeating: "k", count: 70_000), default: false)
        #expect(key.errorCode == .flagNotFound)
        let infinite = EvaluationContext(attributes: ["share": .double(.nan)])
        #expect(await client.booleanDetails("any", default: false, context: infinite).errorCode == .invalidContext)
        #expect(await client.boolean("any", default: false, within: .seconds(600)))
        await client.shutdown()
    }

    @Test func aDeadlineOfNothingIsOverAtOnce() async throws {
        let agent = try await FakeAgent { _ in [] }
        let client = FlagClient(socketPath: agent.socket)
        for limit in [Duration.zero, .seconds(-1), .seconds(Int64.min / 2)] {
            let details = await client.booleanDetails("any", default: true, within: limit)
            #expect(details.value && details.errorMessage?.hasPrefix("deadline exceeded") == true)
        }
        async let forever = client.booleanDetails("any", default: true, within: .seconds(Int64.max))
        await client.shutdown()
        #expect(await forever.value)
    }
}
