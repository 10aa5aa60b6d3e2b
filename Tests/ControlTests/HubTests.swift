import Flags
import Harness
import JSON
import Replication
import Testing
import ZeroMQ

@testable import Control

/// The hub, spoken to over real sockets by a bare agent.
@Suite struct HubTests {
    /// SUB and DEALER of one agent, on one thread.
    private final class BareAgent {
        let subscriber: ZMQSocket
        let dealer: ZMQSocket
        let api: HTTPConnection

        init(_ ports: ControlPorts, in context: ZMQContext) throws {
            subscriber = try ZMQSocket(.sub, in: context, options: [.linger(0)])
            try subscriber.set(.subscribe(Wire.topic(of: "production")))
            try subscriber.connect("tcp://127.0.0.1:\(ports.publish)")
            dealer = try ZMQSocket(.dealer, in: context, options: [.linger(0)])
            try dealer.connect("tcp://127.0.0.1:\(ports.sync)")
            api = HTTPConnection(.tcp(ports.api))
        }

        func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> HTTPAnswer {
            try api.request(method, "/v1/environments/production" + path, body: body.map { Array($0.utf8) })
        }

        func publication<Found>(_ what: String, _ find: (Publication) -> Found?) throws -> Found {
            var poll = PollSet()
            let readable = poll.add(subscriber)
            for _ in 0..<400 {
                _ = try poll.wait(milliseconds: 100)
                guard poll.isReadable(readable), case .message(let frames) = try subscriber.receive() else { continue }
                if let found = find(try Publication(encoded: frames[1])) { return found }
            }
            throw HarnessError("no \(what)")
        }

        func heartbeat(_ isWanted: (Heartbeat) -> Bool = { _ in true }) throws -> Heartbeat {
            try publication("heartbeat") {
                if case .heartbeat(let heartbeat) = $0, isWanted(heartbeat) { heartbeat } else { nil }
            }
        }

        func send(_ body: SyncRequest.Body, environment: String = "production") throws {
            #expect(try dealer.send([SyncRequest(environment: environment, body).encoded()]) == .sent)
        }

        func reply() throws -> SyncReply {
            var poll = PollSet()
            let readable = poll.add(dealer)
            for _ in 0..<400 {
                _ = try poll.wait(milliseconds: 100)
                guard poll.isReadable(readable), case .message(let frames) = try dealer.receive() else { continue }
                return try SyncReply(encoded: frames[0])
            }
            throw HarnessError("no reply")
        }

        /// Asks the operator API until `find` gives something.
        func eventually<Found>(_ path: String, _ find: (JSONValue) -> Found?) throws -> Found {
            for _ in 0..<2_000 {
                if let found = find(try ask("GET", path).json) { return found }
            }
            throw HarnessError("never seen at \(path)")
        }
    }

    private func withAgent(_ body: @escaping @Sendable (BareAgentRun) throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        let ports = node.ports
        do {
            try await onThread { try body(BareAgentRun(agent: try BareAgent(ports, in: try ZMQContext()))) }
        } catch {
            try? await node.stop()
            throw error
        }
        try await node.stop()
    }

    private struct BareAgentRun {
        let agent: BareAgent
    }

    private static func report(_ revision: Revision?, digest: Digest = .empty, boot: UInt64 = 1) -> Report {
        Report(
            agent: "00112233445566778899aabbccddeeff", name: "web", boot: boot, revision: revision, digest: digest,
            service: "shop", serviceVersion: "1.2", pid: 7)
    }

    @Test func deltasComeInOrderAndHeartbeatsSayWhere() async throws {
        try await withAgent { run in
            let agent = run.agent
            // Seeing a heartbeat means that the subscription stands.
            let first = try agent.heartbeat()
            #expect(first.revision.number == 0)
            let document = Sample.document(Sample.flag("a"))
            #expect(try agent.ask("POST", "/apply", document).number == 1)
            #expect(try agent.ask("PATCH", "/flags/a", "{\"defaultVariant\": \"on\"}").number == 2)
            var state = ReplicatedState(revision: first.revision)
            for number in 1...2 {
                let delta = try agent.publication("delta") { if case .delta(let delta) = $0 { delta } else { nil } }
                #expect(delta.revision.number == UInt64(number))
                state.apply(delta.changes)
                #expect(state.digest == delta.digest)
            }
            let heartbeat = try agent.heartbeat { $0.revision.number == 2 }
            #expect(heartbeat.digest == state.digest)
            #expect(heartbeat.revision.epoch == first.revision.epoch)
        }
    }

    @Test func catchUpAnswersAndLargeDeltasAreAnnounced() async throws {
        try await withAgent { run in
            let agent = run.agent
            let start = try agent.heartbeat().revision
            let members = (0..<40_000).map { "\"member-\($0)\"" }.joined(separator: ",")
            #expect(
                try agent.ask("POST", "/apply", "{\"pilots\": {\"many\": {\"members\": [\(members)]}}}").number == 1)
            let (revision, _, size) = try agent.publication("announcement") {
                if case .announcement(let revision, let digest, let size) = $0 { (revision, digest, size) } else { nil }
            }
            #expect(revision.number == 1)
            #expect(Int(size) > Wire.chunkBytes)
            try agent.send(.catchUp(request: 5, start, .empty, whole: false))
            guard case .part(let request, 1, 0, let total, let bytes) = try agent.reply() else {
                Issue.record("no part")
                return
            }
            #expect(request == 5)
            #expect(total == size)
            #expect(bytes.count == Wire.chunkBytes)
            try agent.send(.catchUp(request: 6, nil, .empty, whole: false))
            guard case .manifest(6, _, revision, _, let lines, true) = try agent.reply() else {
                Issue.record("no manifest")
                return
            }
            #expect(lines.count == 2)
        }
    }

    @Test func anUnknownEnvironmentAndNonsenseAreRefused() async throws {
        try await withAgent { run in
            let agent = run.agent
            try agent.send(
                .hello(lowest: Wire.version, highest: Wire.version, Self.report(nil)), environment: "nowhere")
            guard case .refused(0, .unknownEnvironment, let text) = try agent.reply() else {
                Issue.record("not refused")
                return
            }
            #expect(text.contains("production"))
            #expect(try agent.dealer.send([[1, 2, 3]]) == .sent)
            guard case .refused(0, .malformed, _) = try agent.reply() else {
                Issue.record("not refused")
                return
            }
            try agent.send(.hello(lowest: 90, highest: 91, Self.report(nil)))
            guard case .refused(0, .version, _) = try agent.reply() else {
                Issue.record("not refused")
                return
            }
        }
    }

    @Test func reportsFillTheFleet() async throws {
        try await withAgent { run in
            let agent = run.agent
            let start = try agent.heartbeat().revision
            #expect(try agent.ask("POST", "/apply", Sample.document(Sample.flag("a"))).number == 1)
            try agent.send(.hello(lowest: Wire.version, highest: Wire.version, Self.report(start)))
            guard case .welcome = try agent.reply() else {
                Issue.record("not welcome")
                return
            }
            let shown = try agent.eventually("/fleet") { $0["agents"]?.arrayValue?.first }
            #expect(shown["state"] == .string("live"))
            #expect(shown["lag"] == .integer(1))
            #expect(shown["number"] == .integer(0))
            #expect(shown["service"] == .string("shop"))
            #expect(shown["duplicateId"] == .bool(false))
            try agent.send(.goodbye(agent: Self.report(nil).agent, boot: 1))
            _ = try agent.eventually("/fleet") { fleet in
                fleet["agents"]?.arrayValue?.first?["state"] == .string("gone") ? true : nil
            }
            #expect(try agent.ask("DELETE", "/fleet/\(Self.report(nil).agent)").status == 200)
            #expect(try agent.ask("GET", "/fleet").json["agents"] == .array([]))
        }
    }

    @Test func aKillIsSentToEachConnectedAgentOfItsEnvironment() async throws {
        try await withAgent { run in
            let agent = run.agent
            let start = try agent.heartbeat().revision
            #expect(try agent.ask("POST", "/apply", Sample.document(Sample.flag("a", default: "on"))).number == 1)
            func kill(_ expected: Int64) throws {
                #expect(try agent.ask("POST", "/flags/a/kill", "{\"variant\": \"off\"}").number == expected)
            }
            /// What comes before the answer to a question.
            func repliesNow(_ request: UInt64) throws -> [SyncReply] {
                try agent.send(.catchUp(request: request, nil, .empty, whole: false))
                var replies: [SyncReply] = []
                while true {
                    let reply = try agent.reply()
                    if case .manifest(request, _, _, _, _, _) = reply { return replies }
                    replies.append(reply)
                }
            }
            // Nobody has spoken yet.
            try kill(2)
            try agent.send(.hello(lowest: Wire.version, highest: Wire.version, Self.report(start)))
            #expect(try agent.reply() == .welcome(version: Wire.version, node: try agent.heartbeat().node))
            #expect(try agent.ask("POST", "/flags/a/unkill", "{}").number == 3)
            try kill(4)
            let revision = Revision(epoch: start.epoch, number: 4)
            let copy = UrgentKill(flag: "a", kill: Kill(variant: "off", value: .bool(false)), revision: revision)
            #expect(try agent.reply() == .kill(copy))
            // It is an ordinary delta, too, and an unkill is nothing else.
            let delta = try agent.publication("delta 4") { publication -> Delta? in
                if case .delta(let delta) = publication, delta.revision == revision { delta } else { nil }
            }
            #expect(UrgentKill.all(in: delta) == [copy])
            #expect(try agent.ask("POST", "/flags/a/unkill", "{}").number == 5)
            #expect(try repliesNow(7).isEmpty)

            // Another environment's kills, and those after a goodbye, are for others.
            #expect(
                try agent.api.request("POST", "/v1/environments", body: Array(#"{"name": "other"}"#.utf8)).status == 201
            )
            for (path, body) in [("apply", Sample.document(Sample.flag("a"))), ("flags/a/kill", "{}")] {
                let answer = try agent.api.request("POST", "/v1/environments/other/" + path, body: Array(body.utf8))
                #expect(answer.status == 200, "\(answer.text)")
            }
            #expect(try repliesNow(8).isEmpty)
            try agent.send(.goodbye(agent: Self.report(nil).agent, boot: 1))
            _ = try agent.eventually("/fleet") { fleet in
                fleet["agents"]?.arrayValue?.first?["state"] == .string("gone") ? true : nil
            }
            try kill(6)
            #expect(try repliesNow(9).isEmpty)
        }
    }

    @Test func aHigherNumberBlocksUntilANewEpoch() async throws {
        try await withAgent { run in
            let agent = run.agent
            #expect(try agent.ask("POST", "/apply", Sample.document(Sample.flag("a"))).number == 1)
            var heard = try agent.heartbeat { $0.revision.number == 1 }.revision
            heard.number = 30
            try agent.send(.report(Self.report(heard)))
            let blocked = try agent.eventually("") { json -> JSONValue? in
                json["blocked"] == .null ? nil : json["blocked"]
            }
            #expect(blocked["reason"] == .string("higher-number"))
            let refused = try agent.ask("PATCH", "/flags/a", "{\"defaultVariant\": \"on\"}")
            #expect(refused.status == 409)
            #expect(refused.json["hint"]?.stringValue?.contains("new-epoch production --yes") == true)

            let preview = try agent.ask("GET", "/new-epoch").json
            #expect(preview["entries"] == .integer(1))
            #expect(preview["next"]?["number"] == .integer(31))
            #expect(preview["next"]?["epoch"]?["counter"] == .integer(2))
            #expect(preview["agents"]?.arrayValue?.first?["revision"]?["number"] == .integer(30))
            #expect(try agent.ask("POST", "/new-epoch", "{\"confirm\": false}").status == 400)
            let begun = try agent.ask("POST", "/new-epoch", "{\"confirm\": true}")
            #expect(begun.number == 31)
            let heartbeat = try agent.heartbeat { $0.revision.epoch.counter == 2 }
            #expect(heartbeat.revision.number == 31)
            #expect(try agent.ask("PATCH", "/flags/a", "{\"defaultVariant\": \"on\"}").number == 32)
            // The agent of the old epoch may still speak: that blocks nothing.
            try agent.send(.report(Self.report(heard)))
            try agent.send(.hello(lowest: Wire.version, highest: Wire.version, Self.report(heard)))
            _ = try agent.reply()
            #expect(try agent.ask("PATCH", "/flags/a", "{\"defaultVariant\": \"off\"}").number == 33)
        }
    }
}
