import Flags
import Foundation
import Harness
import JSON
import Releases
import Replication
import Synchronization
import Testing

@testable import Control

/// Deployments over the operator API of a whole node: recorded, checked at real servers, reported by agents, retired.
@Suite struct DeploymentTests {
    @Test func oneIsRecordedCheckedAndRetired() async throws {
        try await DeploymentNode.run { node, _ in
            let answer = try await DeploymentNode.record(
                node, #", "upstream": "green", "where": "eu", "message": "Build 7""#)
            #expect(answer.status == 200, "\(answer.text)")
            let json = answer.json
            #expect(json["component"] == "checkout" && json["version"] == "1.4.2" && json["upstream"] == "green")
            #expect(json["where"] == "eu" && json["state"] == "recorded" && json["by"] == "ci")
            #expect(json["message"] == "Build 7" && json["check"] == .null && json["revision"]?["number"] == 0)
            #expect(json["disagreement"] == .null)

            let service = try HTTPReceiver { index, _ in index == 0 ? .status(503) : .status(200) }
            let failed = try await node.production(
                "POST", DeploymentNode.path + "/verify", #"{"url": "\#(service.url)"}"#)
            #expect(failed.status == 200 && failed.json["state"] == "failed")
            #expect(failed.json["check"]?["passed"] == false && failed.json["check"]?["detail"] == "HTTP 503")
            // Again, by the URL that is known.
            let passed = try await node.production("POST", DeploymentNode.path + "/verify")
            #expect(passed.json["state"] == "verified" && passed.json["check"]?["passed"] == true)
            #expect(passed.json["check"]?["url"]?.stringValue == service.url)
            #expect(service.requests.map(\.method) == ["GET", "GET"])
            #expect(passed.json["upstream"] == "green")

            let listed = try await node.production("GET", "/deployments").json
            #expect(listed["deployments"]?.arrayValue?.count == 1)
            let retired = try await node.production("DELETE", DeploymentNode.path + "?message=Gone")
            #expect(retired.status == 200 && retired.json["retired"]?.arrayValue?.first?["state"] == "retired")
            #expect(retired.json["retired"]?.arrayValue?.first?["message"] == "Gone")
            // Nothing of it makes a revision.
            #expect(try await node.production("GET", "").number == 0)
        }
    }

    @Test func recordingAgainKeepsWhatStillHolds() async throws {
        try await DeploymentNode.run { node, _ in
            _ = try await DeploymentNode.record(node, #", "upstream": "green""#)
            _ = try await node.production(
                "POST", DeploymentNode.path + "/verify", #"{"passed": true, "detail": "Smoke tests"}"#)
            let same = try await DeploymentNode.record(node, #", "upstream": "green", "message": "again""#).json
            #expect(same["state"] == "verified" && same["message"] == "again")
            #expect(same["check"]?["detail"] == "Smoke tests" && same["check"]?["url"] == .null)
            // Without an upstream, the one that it has stays.
            let without = try await DeploymentNode.record(node).json
            #expect(without["upstream"] == "green" && without["state"] == "verified")
            let other = try await DeploymentNode.record(node, #", "upstream": "blue""#).json
            #expect(other["upstream"] == "blue" && other["state"] == "recorded" && other["check"] == .null)
            _ = try await node.production("POST", DeploymentNode.path + "/verify", #"{"passed": true}"#)
            _ = try await node.production("DELETE", DeploymentNode.path)
            let back = try await DeploymentNode.record(node).json
            #expect(back["state"] == "recorded" && back["check"] == .null, "what it was before it went says nothing")
        }
    }

    @Test func placesAreToldApart() async throws {
        try await DeploymentNode.run { node, _ in
            _ = try await DeploymentNode.record(node, #", "where": "eu""#)
            _ = try await DeploymentNode.record(node, #", "where": "us""#)
            let which = try await node.production("POST", DeploymentNode.path + "/verify", #"{"passed": true}"#)
            #expect(which.status == 409 && which.json["detail"]?.stringValue?.hasSuffix("places: eu, us") == true)
            let eu = try await node.production(
                "POST", DeploymentNode.path + "/verify", #"{"passed": true, "where": "eu"}"#)
            #expect(eu.json["where"] == "eu" && eu.json["state"] == "verified")
            let none = try await node.production("DELETE", DeploymentNode.path + "?where=asia")
            #expect(none.status == 404 && none.json["hint"] == "it is recorded in eu, in us")
            _ = try await node.production("DELETE", DeploymentNode.path + "?where=us")
            let listed = try await node.production("GET", "/deployments?component=checkout").json["deployments"]
            #expect(listed?.arrayValue?.map { $0["state"]?.stringValue } == ["verified", "retired"])
            // One stands: that is the one.
            #expect(
                try await node.production("POST", DeploymentNode.path + "/verify", #"{"passed": false}"#).json["where"]
                    == "eu")
            let both = try await node.production("DELETE", DeploymentNode.path).json["retired"]?.arrayValue
            #expect(both?.count == 2 && both?.allSatisfy { $0["state"] == "retired" } == true)
        }
    }

    @Test func whatIsWrongIsRefused() async throws {
        try await DeploymentNode.run { node, _ in
            for (body, status, title) in [
                (#"{"component": "checkout"}"#, 400, "Missing member"),
                (#"{"component": "Check Out", "version": "1"}"#, 422, "Not a component's name"),
                (#"{"component": "c", "version": "1 0"}"#, 422, "Not a version's name"),
                (#"{"component": "c", "version": "1", "upstream": "a b"}"#, 422, "Not an upstream"),
                (#"{"component": "c", "version": "1", "where": "a\u0007b"}"#, 422, "Not a place"),
                (#"{"component": "c", "version": "1", "verify": "ftp://a/"}"#, 422, "Not a URL to ask"),
                (#"{"component": "c", "version": "1", "verify": "file:///etc/passwd"}"#, 422, "Not a URL to ask"),
                (#"{"component": "c", "version": "1", "verify": "http://a:0/"}"#, 422, "Not a URL to ask"),
                (#"{"component": "c", "version": "1", "verify": "http+unix://run/a"}"#, 422, "Not a URL to ask"),
                (#"{"component": "c", "version": "1", "colour": "green"}"#, 400, "Unknown member"),
            ] {
                let answer = try await node.production("POST", "/deployments", body)
                #expect(answer.status == status && answer.json["title"]?.stringValue == title, "\(answer.text)")
            }
            _ = try await DeploymentNode.record(node)
            let near = try await node.production("POST", "/deployments/checkout/1.4.3/verify", #"{"passed": true}"#)
            #expect(near.status == 404 && near.json["hint"]?.stringValue?.contains("1.4.2") == true, "\(near.text)")
            for (body, status) in [
                ("", 422), (#"{"detail": "x"}"#, 400), (#"{"passed": true, "url": "http://a/"}"#, 400),
                (#"{"url": "x"}"#, 422),
            ] {
                #expect(
                    try await node.production("POST", DeploymentNode.path + "/verify", body).status == status, "\(body)"
                )
            }
            #expect(try await node.production("DELETE", "/deployments/checkout/9").status == 404)
            #expect(try await node.ask("GET", "/v1/environments/nowhere/deployments").status == 404)
        }
    }

    @Test func aRequestThatComesTwiceIsCheckedOnce() async throws {
        try await DeploymentNode.run { node, _ in
            let service = try HTTPReceiver()
            let body = #"{"component": "checkout", "version": "1.4.2", "verify": "\#(service.url)"}"#
            for isAgain in [false, true] {
                let answer = try await node.ask(
                    "POST", "/v1/environments/production/deployments", body, headers: ["Idempotency-Key": "build-7"])
                #expect(answer.status == 200 && answer.json["state"] == "verified")
                #expect((answer.header("Idempotent-Replayed") == "true") == isAgain)
            }
            #expect(service.requests.count == 1)
            // Nor is anything of another request done that bears its key.
            let other = try await node.ask(
                "POST", "/v1/environments/production/deployments",
                #"{"component": "cart", "version": "1", "verify": "\#(service.url)"}"#,
                headers: ["Idempotency-Key": "build-7"])
            #expect(other.status == 422 && other.json["title"] == "Idempotency key used twice", "\(other.text)")
            #expect(service.requests.count == 1)
            let all = try await node.production("GET", "/deployments").json["deployments"]?.arrayValue
            #expect(all?.count == 1)
        }
    }

    @Test func whatAgentsReportStandsBesideIt() async throws {
        try await DeploymentNode.run { node, fleet in
            _ = try await DeploymentNode.record(node)
            _ = try await node.production("POST", DeploymentNode.path + "/verify", #"{"passed": true}"#)
            fleet.report("a", "1.4.2")
            fleet.report("b", "1.4.1", health: .failing)
            let listed = try await awaited("both have reported") { sighting in
                let json = try await node.production("GET", "/deployments").json
                sighting.note(json.compactText())
                return json["observed"]?.arrayValue?.count == 2 ? json : nil
            }
            #expect(listed["disagreements"] == ["checkout 1.4.1: nobody recorded it, but agent b runs it"])
            let deployment = listed["deployments"]?.arrayValue?.first
            #expect(deployment?["agents"] == ["live": 1, "silent": 0, "passing": 1, "failing": 0])
            #expect(deployment?["disagreement"] == .null)
            let first = listed["observed"]?.arrayValue?.first
            #expect(first?["version"] == "1.4.1" && first?["component"] == "checkout")
            #expect(
                first?["agents"] == [["name": "b", "id": "id-b", "state": "live", "health": "failing"]])
            fleet.report("a", "1.4.2", health: .failing)
            try await eventually("its health fails") { _ in
                try await node.production("GET", "/deployments").json["deployments"]?.arrayValue?.first?[
                    "disagreement"] == "verified, but the health of agent a fails"
            }
        }
    }

    @Test func whatUsersAreGivenIsMissedWhenItIsRetired() async throws {
        try await DeploymentNode.run { node, _ in
            _ = try await node.production("POST", "/components", #"{"name": "checkout", "version": "1.4.2"}"#)
            _ = try await DeploymentNode.record(node, #", "where": "eu""#)
            _ = try await DeploymentNode.record(node)
            let one = try await node.production("DELETE", DeploymentNode.path + "?where=eu")
            #expect(one.json["warnings"] == [], "it stands in another place")
            let retired = try await node.production("DELETE", DeploymentNode.path)
            #expect(
                retired.json["warnings"]?.arrayValue?.first?["message"]
                    == #"users are given version "1.4.2", and no deployment of it stands any more"#, "\(retired.text)")
            #expect(retired.json["warnings"]?.arrayValue?.first?["document"] == #"component "checkout""#)
            #expect(
                retired.json["retired"]?.arrayValue?.first?["disagreement"] == "retired, but users are given it",
                "\(retired.text)")
        }
    }

    @Test func itIsThereAfterARestart() async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        _ = try await node.production("POST", "/deployments", #"{"component": "checkout", "version": "1.4.2"}"#)
        _ = try await node.production("POST", DeploymentNode.path + "/verify", #"{"passed": true, "detail": "ok"}"#)
        try await node.stop()
        let again = try await NodeFixture(directory.path)
        let listed = try await again.production("GET", "/deployments").json["deployments"]?.arrayValue
        #expect(listed?.first?["state"] == "verified" && listed?.first?["check"]?["detail"] == "ok")
        try await again.stop()
    }

    /// The retired ones make room, the oldest first; what stands is never dropped.
    @Test func thereIsRoomForSoManyOfAComponent() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        func deployment(_ version: String, of component: String = "c", at: Int64 = 1) -> Deployment {
            Deployment(component: component, version: version, at: at, by: "ci")
        }
        func plan(_ new: Deployment) throws -> ChangePlan {
            try DeploymentPlan.put(new, on: try fixture.production, most: 3)
        }
        for number in 1...3 { try await fixture.submit(.putDeployment(deployment("1.\(number)"))) }
        let full = #expect(throws: Refusal.self) { try plan(deployment("2.0")) }
        #expect(full?.title == "Too many deployments")
        #expect(try plan(deployment("1.2")).records.count == 1, "it is there already")
        #expect(try plan(deployment("2.0", of: "d")).records.count == 1)
        for (version, at) in [("1.3", Int64(2)), ("1.2", 3)] {
            let gone = Deployment(component: "c", version: version, state: .retired, at: at, by: "ci")
            try await fixture.submit(.putDeployment(gone))
        }
        let plan = try plan(deployment("2.0"))
        guard case .dropDeployment(let dropped) = plan.records.first, plan.records.count == 2 else {
            Issue.record("nothing is dropped: \(plan.records)")
            return
        }
        #expect(dropped.version == "1.3", "the one that was retired first")
        var state = try fixture.production
        state.follow(plan)
        #expect(state.deployments.sorted.map(\.version) == ["1.1", "1.2", "2.0"])
        await fixture.stop()
    }
}
