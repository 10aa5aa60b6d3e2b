import Agent
import AgentSocket
import Foundation
import Harness
import LookupProtocol
import Synchronization
import Testing

@Suite struct WatchTests {
    @Test func aWatcherIsToldAtOnceAndAfterEachSwap() async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            try client.send(.watch(id: 11))
            guard case .change(11, let first) = try client.next() else {
                Issue.record("no first push")
                return
            }
            #expect(first.changedKeys == nil)
            #expect(first.stamp.number == 42)
            try agent.live.swap(to: ServedAgent.snapshot(number: 43), changed: .flags(["on-off", "ten"]))
            let second = try #require(try client.nextChange())
            #expect(second.changedKeys == ["on-off", "ten"])
            #expect(second.stamp.number == 43)
            // An answer that is asked for after the push is from that revision.
            let answer = try client.answer(to: LookupRequest(id: 1, key: "on-off"))
            #expect(answer?.stamp.number == 43)
            try agent.live.swap(to: ServedAgent.snapshot(number: 50), changed: .everything)
            let third = try #require(try client.nextChange())
            #expect(third.changedKeys == nil)
            #expect(third.stamp.number == 50)
            let many = (0..<2_000).map { "flag-\($0)" }
            try agent.live.swap(to: ServedAgent.snapshot(number: 51), changed: .flags(many))
            #expect(try #require(try client.nextChange()).changedKeys == nil)
        }
    }

    @Test func aSecondWatchTakesThePlaceOfTheFirst() async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            try client.send(.watch(id: 1), .watch(id: 2))
            _ = try client.next()
            _ = try client.next()
            try agent.live.swap(to: ServedAgent.snapshot(number: 43), changed: .flags(["ten"]))
            guard case .change(2, let notice) = try client.next() else {
                Issue.record("not told under the second id")
                return
            }
            #expect(notice.stamp.number == 43)
            try client.send(.ping(id: 9))
            guard case .pong(9, _) = try client.next() else {
                Issue.record("told twice")
                return
            }
        }
    }

    @Test func endedWatchersAreForgotten() async throws {
        let agent = try await ServedAgent()
        try await onThread {
            let client = try RawLookupClient(agent.socket)
            try client.send(.watch(id: 1))
            _ = try client.next()
            #expect(try Self.metric("pilotlight_watchers", agent) == 1)
        }
        try await eventually("no watchers") { _ in try Self.metric("pilotlight_watchers", agent) == 0 }
        try await eventually("no connections") { _ in
            try Self.metric(#"pilotlight_connections{protocol="binary"}"#, agent) == 0
        }
        await agent.server.stop()
    }

    private static func metric(_ name: String, _ agent: ServedAgent) throws -> Int? {
        let text = try HTTPConnection.request(agent.socket, "GET", "/metrics").text
        return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Int($0.dropFirst(name.utf8.count + 1)) }
    }

    /// While revisions are swapped in, nobody who has seen a number is ever shown a lower one: on any connection, by
    /// any protocol, on any of several event loops.
    @Test func numbersNeverFallAcrossConnections() async throws {
        try await serving(configure: { $0.threads = 3 }) { agent in
            let last: UInt64 = 2_000
            let swapper = Thread {
                for number in 43...last {
                    guard let next = try? ServedAgent.snapshot(number: number, flags: []) else { return }
                    agent.live.swap(to: next, changed: .flags(["x"]))
                }
            }
            let highest = Atomic<UInt64>(0)
            let failures = Mutex<[String]>([])
            let done = DispatchGroup()
            for kind in 0..<3 {
                for _ in 0..<2 {
                    done.enter()
                    Thread {
                        defer { done.leave() }
                        do {
                            let ask = try Self.asker(kind, agent)
                            var seen: UInt64 = 0
                            while seen < last {
                                let before = highest.load(ordering: .sequentiallyConsistent)
                                seen = try ask()
                                if seen < before {
                                    failures.withLock { $0.append("\(kind) showed \(seen) after \(before)") }
                                }
                                highest.max(seen, ordering: .sequentiallyConsistent)
                            }
                        } catch {
                            failures.withLock { $0.append("\(error)") }
                        }
                    }.start()
                }
            }
            swapper.start()
            done.wait()
            #expect(failures.withLock { $0 } == [])
        }
    }

    /// Something that asks for the revision, over a connection of its own.
    private static func asker(_ kind: Int, _ agent: ServedAgent) throws -> () throws -> UInt64 {
        switch kind {
        case 0:
            let client = try RawLookupClient(agent.socket)
            return { try client.answer(to: LookupRequest(id: 1, key: "on-off"))?.stamp.number ?? 0 }
        case 1:
            let connection = HTTPConnection(agent.socket)
            return {
                let answer = try connection.request("POST", "/ofrep/v1/evaluate/flags/on-off", body: [])
                return answer.headers["pilotlight-revision"].flatMap { UInt64($0) } ?? 0
            }
        default:
            // Pings of a connection that watches too, so that pushes and answers mix.
            let client = try RawLookupClient(agent.socket)
            try client.send(.watch(id: 1))
            var pushed: UInt64 = 0
            return {
                try client.send(.ping(id: 2))
                while let frame = try client.next() {
                    switch frame {
                    case .pong(2, let stamp):
                        guard stamp.number >= pushed else { throw HarnessError("pong after a newer push") }
                        return stamp.number
                    case .change(1, let notice):
                        guard notice.stamp.number >= pushed else { throw HarnessError("a push went back") }
                        pushed = notice.stamp.number
                    default: break
                    }
                }
                throw HarnessError("closed")
            }
        }
    }

    /// A watcher that reads nothing costs no memory that grows: what it missed is told in one frame.
    @Test func aSlowWatcherIsToldTogether() async throws {
        try await serving { agent in
            let client = try RawLookupClient(agent.socket)
            try client.send(.watch(id: 1))
            _ = try client.next()
            let keys = (0..<900).map { "a-flag-with-a-long-key-\(10_000 + $0)" }
            for number in UInt64(43)...3_000 {
                try agent.live.swap(to: ServedAgent.snapshot(number: number, flags: []), changed: .flags(keys))
            }
            var frames = 0
            var number: UInt64 = 0
            while number < 3_000 {
                let notice = try #require(try client.nextChange())
                #expect(notice.stamp.number >= number)
                number = notice.stamp.number
                frames += 1
            }
            #expect(frames < 2_900)
        }
    }
}
