import Flags
import Foundation
import Harness
import JSON
import Releases
import Replication
import Synchronization
import Testing

@testable import Control
/// Checks that the control node makes at real servers, and what changes while one is under way.
@Suite struct DeploymentCheckTests {
    /// Every way in which a check can fail, and what is kept of it.
    @Test func aCheckSaysWhyItFailed() async throws {
        try await DeploymentNode.run { node, _ in
            let directory = try TemporaryDirectory()
            let far = try HTTPReceiver()
            let near = try HTTPReceiver(at: .unix(directory.path("s.sock")))
            let elsewhere = try HTTPReceiver { _, _ in .fields(302, ["Location: \(far.url)"]) }
            let rude = try HTTPReceiver { _, _ in .end }
            let babbling = try HTTPReceiver { _, _ in .raw("hello\r\n\r\n") }
            let nobody = "http://127.0.0.1:\(try FreePort.next())/"
            for (url, state, detail) in [
                (far.url, "verified", "HTTP 204 after "), (near.url, "verified", "HTTP 204 after "),
                (elsewhere.url, "failed", "HTTP 302"), (rude.url, "failed", "the connection was closed"),
                (babbling.url, "failed", "the answer isn't HTTP"), (nobody, "failed", "refused"),
                ("http://nobody.invalid/", "failed", "the name nobody.invalid has no address"),
            ] {
                let answer = try await DeploymentNode.record(node, #", "verify": "\#(url)""#)
                #expect(answer.status == 200 && answer.json["state"]?.stringValue == state, "\(url): \(answer.text)")
                let found = answer.json["check"]?["detail"]?.stringValue ?? ""
                #expect(found.hasPrefix(detail), "\(url): \(found)")
                #expect(answer.json["check"]?["url"]?.stringValue == url)
            }
            #expect(far.requests.count == 1, "a redirect isn't followed")
        }
    }

    @Test func aCheckThatStallsFailsAfterTenSecondsAndHoldsUpNobody() async throws {
        try await DeploymentNode.run { node, _ in
            let stalling = try HTTPReceiver { _, _ in .silence }
            // A machine that stands still for as long as that shows nothing: it is looked at again then.
            var wasFree = false
            for round in 1...4 where !wasFree {
                let start = ContinuousClock.now
                async let slow = DeploymentNode.record(node, #", "verify": "\#(stalling.url)""#)
                try await eventually("it is under way") { _ in stalling.requests.count == round }
                let flag = Sample.document(Sample.flag("a\(round)"))
                #expect(try await node.production("POST", "/apply", flag).status == 200)
                wasFree = ContinuousClock.now - start < .seconds(9)
                let answer = try await slow
                #expect(answer.json["check"]?["detail"] == "no answer within 10 s")
            }
            #expect(wasFree)
        }
    }

    /// A head that says that all is well is none.
    @Test func onlyAWholeAnswerIsWell() async throws {
        try await DeploymentNode.run { node, _ in
            let half = try HTTPReceiver { _, _ in .part("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx") }
            let broken = try HTTPReceiver { _, _ in .raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx") }
            let bytes = (1 << 20) + 1
            let huge = try HTTPReceiver { _, _ in
                .raw("HTTP/1.1 200 OK\r\nContent-Length: \(bytes)\r\n\r\n" + String(repeating: "x", count: bytes))
            }
            let large = try HTTPReceiver { _, _ in
                .raw(
                    "HTTP/1.1 200 OK\r\nContent-Length: \(bytes - 1)\r\n\r\n" + String(repeating: "x", count: bytes - 1)
                )
            }
            let start = ContinuousClock.now
            async let late = DeploymentNode.record(node, #", "where": "late", "verify": "\#(half.url)""#)
            for (receiver, state, detail) in [
                (broken, "failed", "the connection was closed"), (huge, "failed", "the answer has more than 1 MiB"),
                (large, "verified", "HTTP 200 after "),
            ] {
                let answer = try await DeploymentNode.record(node, #", "verify": "\#(receiver.url)""#)
                #expect(answer.json["state"]?.stringValue == state, "\(answer.text)")
                let found = answer.json["check"]?["detail"]?.stringValue ?? ""
                #expect(found.hasPrefix(detail), "\(found)")
            }
            let answer = try await late
            #expect(answer.json["state"] == "failed", "\(answer.text)")
            #expect(answer.json["check"]?["detail"] == "no whole answer within 10 s")
            #expect(ContinuousClock.now - start > .seconds(9))
        }
    }

    // MARK: Meanwhile

    /// A service that answers as soon as it is told to, by what is asked of it then.
    private final class Held: Sendable {
        private let isLetGo = Mutex(false)

        func letGo() { isLetGo.withLock { $0 = true } }

        func receiver() throws -> HTTPReceiver {
            try HTTPReceiver { [self] _, _ in
                while !isLetGo.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.005) }
                return .status(200)
            }
        }
    }

    @Test(arguments: [true, false])
    func whatWasRetiredDuringItsCheckStaysRetired(isRecording: Bool) async throws {
        try await DeploymentNode.run { node, _ in
            let held = Held()
            let service = try held.receiver()
            if !isRecording { _ = try await DeploymentNode.record(node) }
            async let checked =
                isRecording
                ? DeploymentNode.record(node, #", "verify": "\#(service.url)""#)
                : node.production("POST", DeploymentNode.path + "/verify", #"{"url": "\#(service.url)"}"#)
            try await eventually("it is under way") { _ in service.requests.count == 1 }
            let during = try await node.production("GET", "/deployments").json["deployments"]?.arrayValue
            #expect(during?.first?["state"] == "recorded", "it is there before its check is through")
            _ = try await node.production("DELETE", DeploymentNode.path)
            held.letGo()
            let answer = try await checked
            #expect(answer.status == 409 && answer.json["title"] == "Retired meanwhile", "\(answer.text)")
            #expect(answer.json["detail"]?.stringValue?.contains("checkout 1.4.2 was retired") == true)
            let after = try await node.production("GET", "/deployments").json["deployments"]?.arrayValue
            #expect(after?.count == 1 && after?.first?["state"] == "retired" && after?.first?["check"] == .null)
        }
    }

    @Test(arguments: [true, false])
    func anotherUpstreamIsntVerifiedByACheckOfTheEarlierOne(isRecording: Bool) async throws {
        try await DeploymentNode.run { node, _ in
            let held = Held()
            let service = try held.receiver()
            if !isRecording { _ = try await DeploymentNode.record(node, #", "upstream": "green""#) }
            async let checked =
                isRecording
                ? DeploymentNode.record(node, #", "upstream": "green", "verify": "\#(service.url)""#)
                : node.production("POST", DeploymentNode.path + "/verify", #"{"url": "\#(service.url)"}"#)
            try await eventually("it is under way") { _ in service.requests.count == 1 }
            _ = try await DeploymentNode.record(node, #", "upstream": "blue", "message": "Build 8""#)
            held.letGo()
            let answer = try await checked
            #expect(answer.status == 409 && answer.json["title"] == "Recorded anew meanwhile", "\(answer.text)")
            #expect(answer.json["detail"]?.stringValue?.contains("upstream blue in place of upstream green") == true)
            let after = try await node.production("GET", "/deployments").json["deployments"]?.arrayValue?.first
            #expect(after?["upstream"] == "blue" && after?["state"] == "recorded" && after?["message"] == "Build 8")
        }
    }

    /// What was recorded again just as it was is what was checked.
    @Test func theSameRecordedAgainTakesTheCheck() async throws {
        try await DeploymentNode.run { node, _ in
            let held = Held()
            let service = try held.receiver()
            _ = try await DeploymentNode.record(node, #", "upstream": "green""#)
            async let checked = node.production("POST", DeploymentNode.path + "/verify", #"{"url": "\#(service.url)"}"#)
            try await eventually("it is under way") { _ in service.requests.count == 1 }
            _ = try await node.production("DELETE", DeploymentNode.path)
            _ = try await DeploymentNode.record(node, #", "upstream": "green""#)
            held.letGo()
            #expect(try await checked.json["state"] == "verified")
        }
    }

    /// A check under way holds up no stop, is no failure, and is made again when its request comes again.
    @Test func aStopBreaksACheckOff() async throws {
        let directory = try TemporaryDirectory()
        let stalling = try HTTPReceiver { index, _ in index == 0 ? .silence : .status(200) }
        let body = #"{"component": "checkout", "version": "1.4.2", "verify": "\#(stalling.url)"}"#
        func record(_ node: NodeFixture) async throws -> HTTPAnswer {
            try await node.ask(
                "POST", "/v1/environments/production/deployments", body, headers: ["Idempotency-Key": "build-7"])
        }
        let node = try await NodeFixture(directory.path)
        async let checked = record(node)
        try await eventually("it is under way") { _ in stalling.requests.count == 1 }
        try await node.stop()
        // Else it would have been told how the check went.
        let answer = try await checked
        #expect(answer.status == 503 && answer.json["title"] == "Check broken off", "\(answer.text)")
        let again = try await NodeFixture(directory.path)
        let listed = try await again.production("GET", "/deployments").json["deployments"]?.arrayValue
        #expect(listed?.first?["state"] == "recorded" && listed?.first?["check"] == .null)
        #expect(try await record(again).json["state"] == "verified")
        try await again.stop()
    }
}
