import Foundation
import Harness
import JSON
import Replication
import Testing

@testable import Control

/// Releases over the operator API of a whole node, gated by what agents really report.
@Suite struct ReleaseNodeTests {
    private func withNode(
        _ body: (NodeFixture, ReportingFleet) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        let fleet = ReportingFleet(node.ports)
        do {
            #expect(try await node.production("POST", "/apply", ReleaseFixture.document).status == 200)
            try await body(node, fleet)
        } catch {
            await fleet.stop()
            try? await node.stop()
            throw error
        }
        await fleet.stop()
        try await node.stop()
    }

    /// Asks until the release is in that state.
    private func released(
        _ node: NodeFixture, _ state: String, _ name: String = "summer"
    ) async throws -> JSONValue {
        try await awaited("release \(name) is \(state)", every: .milliseconds(5)) { sighting in
            let release = try await node.production("GET", "/releases/\(name)").json
            sighting.note(release["state"]?.stringValue ?? "none")
            return release["state"]?.stringValue == state ? release : nil
        }
    }

    /// Asks until a start is accepted: reports take a moment.
    private func start(_ node: NodeFixture, _ body: String = "{}") async throws -> HTTPAnswer {
        try await accepted(node, "start", body)
    }

    private func accepted(_ node: NodeFixture, _ order: String, _ body: String = "{}") async throws -> HTTPAnswer {
        try await awaited("\(order) is accepted", every: .milliseconds(5)) { sighting in
            let answer = try await node.production("POST", "/releases/summer/" + order, body)
            sighting.note(answer.text)
            return answer.status == 409 ? nil : answer
        }
    }

    @Test func aLifeOverTheAPI() async throws {
        try await withNode { node, fleet in
            let created = try await node.ask(
                "POST", "/v1/environments/production/releases?message=Soon", ReleaseFixture.plan(),
                headers: ["Pilotlight-Actor": "mia"])
            #expect(created.status == 201)
            #expect(created.json["state"] == "draft" && created.json["stage"] == .null)
            #expect(created.json["gate"]?["verdict"] == "red")
            let again = try await node.production("POST", "/releases", ReleaseFixture.plan())
            #expect(again.status == 409 && again.json["hint"]?.stringValue?.contains("--replace") == true)
            let replaced = try await node.production("POST", "/releases?replace=true", ReleaseFixture.plan())
            #expect(replaced.status == 201 && replaced.json["id"] != created.json["id"])

            let refused = try await node.production("POST", "/releases/summer/start")
            #expect(refused.status == 409 && refused.json["title"] == "Release not started")
            fleet.report("a", "1.1")
            let started = try await start(node, #"{"message": "Go"}"#)
            #expect(started.status == 200)
            #expect(started.json["state"] == "running" && started.json["stage"]?["index"] == 1)
            #expect(started.json["stage"]?["count"] == 2 && started.json["stage"]?["name"] == "staff")
            #expect(started.json["history"]?.arrayValue?.last?["why"] == "Go")
            #expect(started.json["gate"]?["verdict"] == "green")
            let listed = try await node.production("GET", "/releases?state=running").json
            #expect(listed["releases"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["summer"])
            #expect(try await node.production("GET", "/releases?state=held").json["releases"] == [])
            #expect(try await node.production("GET", "/releases?state=hold").status == 400)

            let owned = try await node.production("PATCH", "/flags/basket", #"{"defaultVariant": "on"}"#)
            #expect(owned.status == 409 && owned.json["release"] == "summer")
            #expect(try await node.production("POST", "/releases/summer/hold").json["state"] == "held")
            #expect(try await node.production("POST", "/releases/summer/resume").json["state"] == "running")
            let elsewhere = try await node.production("POST", "/releases/summer/advance", #"{"to": "staff"}"#)
            #expect(elsewhere.status == 409 && elsewhere.json["title"] == "Release not advanced")
            #expect(elsewhere.json["detail"]?.stringValue?.contains("it is at stage 1 of 2, \"staff\"") == true)
            #expect(try await node.production("POST", "/releases/summer/advance", #"{"to": 2.5}"#).status == 400)
            #expect(try await node.production("POST", "/releases/summer/advance", #"{"to": 1.0}"#).status == 409)
            for to in ["0", "\(Int.min)", "\"\(Int.min)\"", "\(Int.max)"] {
                let nowhere = try await node.production("POST", "/releases/summer/advance", "{\"to\": \(to)}")
                #expect(nowhere.status == 409, "\(to): \(nowhere.text)")
            }
            let advanced = try await node.production("POST", "/releases/summer/advance", #"{"to": 2}"#)
            #expect(advanced.json["stage"]?["name"] == "half")
            #expect(advanced.json["stage"]?["minimumUntil"] != .null)
            let component = try await node.production("GET", "/components/checkout").json
            #expect(component["release"]?["name"] == "summer" && component["release"]?["version"] == "1.1")
            #expect(component["release"]?["share"] == 50 && component["shares"]?["1.1"] != nil)
            let listedFlags = try await node.production("GET", "/flags").json["flags"]?.arrayValue ?? []
            #expect(listedFlags.map { $0["release"]?["variant"] } == ["on", nil])
            #expect(advanced.json["waitingFor"]?.arrayValue?.isEmpty == false)
            let early = try await node.production("POST", "/releases/summer/launch")
            #expect(early.status == 409 && early.json["hint"]?.stringValue?.contains("--early") == true)
            let launched = try await node.production("POST", "/releases/summer/launch", #"{"early": true}"#)
            #expect(launched.json["state"] == "launched")
            let flag = try await node.production("GET", "/flags/basket").json
            #expect(flag["defaultVariant"] == "on" && flag["offVariant"] == "off")
            let back = try await node.production("POST", "/releases/summer/rollback")
            #expect(back.json["state"] == "rolled-back")
            #expect(try await node.production("GET", "/flags/basket").json["offVariant"] == .null)
            try await expectDeleted(node)

            #expect(try await node.production("GET", "/releases/sumer").status == 404)
            #expect(try await node.production("POST", "/releases/summer/start", #"{"opens": "soon"}"#).status == 422)
            let metrics = try await node.ask("GET", "/metrics").text
            #expect(metrics.contains(#"pilotlight_releases{environment="production",state="cancelled"} 1"#))
        }
    }

    /// `summer`, which was rolled back: under the rules of every change.
    private func expectDeleted(_ node: NodeFixture) async throws {
        let path = "/v1/environments/production/releases/summer"
        let stale = try await node.ask("DELETE", path, headers: ["Pilotlight-If-Revision": "1"])
        #expect(stale.status == 412)
        #expect(try await node.ask("DELETE", path, headers: ["If-Match": #""1-0-1""#]).status == 412)
        let feed = try await node.production("GET", "/feed.json?audience=staff").json["items"]
        let key = ["Idempotency-Key": "once"]
        let deleted = try await node.ask("DELETE", path + "?message=Over", headers: key)
        #expect(deleted.status == 200 && deleted.json["deleted"] == "summer" && deleted.json["revision"] != nil)
        let repeated = try await node.ask("DELETE", path + "?message=Over", headers: key)
        #expect(repeated.status == 200 && repeated.headers["idempotent-replayed"] == "true")
        #expect(try await node.ask("DELETE", path).status == 404)
        #expect(try await node.ask("GET", path).status == 404)
        #expect(try await node.production("GET", "/feed.json?audience=staff").json["items"] == feed)
        #expect(try await node.production("POST", "/releases", ReleaseFixture.plan()).status == 201)
        let tag = try await node.ask("GET", "/v1/environments/production").headers["etag"] ?? "none"
        #expect(try await node.ask("DELETE", path, headers: ["If-Match": tag]).status == 200)
        #expect(try await node.production("POST", "/releases", ReleaseFixture.plan()).status == 201)
        #expect(try await node.production("POST", "/releases/summer/cancel").status == 200)
    }

    @Test func aPlanMayBeYAMLAndItsProblemsHaveTheirPlaces() async throws {
        try await withNode { node, _ in
            let yaml = """
                name: summer
                changes:
                  - flag: basket
                    variant: on
                  - component: chekout
                    version: "1.1"
                requires:
                  - everywhere: checkout >= 1.1
                template: gradual
                """
            func post(_ text: String) async throws -> HTTPAnswer {
                try await node.ask(
                    "POST", "/v1/environments/production/releases?name=summer.yaml", text,
                    headers: ["Content-Type": "application/yaml"])
            }
            let refused = try await post(yaml)
            #expect(refused.status == 422)
            let problems = refused.json["problems"]?.arrayValue ?? []
            #expect(problems.first?["document"] == "summer.yaml")
            #expect(problems.contains { $0["line"] != .null })
            #expect(try await node.production("GET", "/releases").json["releases"] == [])
        }
    }

    @Test func notesAreToldByAudience() async throws {
        try await withNode { node, _ in
            let plan = ReleaseFixture.plan(
                #"""
                , "announcement": {"users": "New.", "staff": "Look.", "links": [{"title": "T", "url": "https://t.example"}]}
                """#)
            #expect(try await node.production("POST", "/releases", plan).status == 201)
            let users = try await node.production("GET", "/releases/summer/notes").json
            #expect(users["audience"] == "users" && users["text"] == "New." && users["title"] == "Summer")
            #expect(users["links"] == [["title": "T", "url": "https://t.example"]])
            let support = try await node.production("GET", "/releases/summer/notes?audience=support").json
            #expect(support["text"] == "New.")
            let staff = try await node.production("GET", "/releases/summer/notes?audience=staff").json
            #expect(staff["text"] == "Look.")
            #expect(try await node.production("GET", "/releases/summer/notes?audience=all").status == 400)
        }
    }

    /// The guard against old code: who joins with an old version holds the release within a second of its first report.
    @Test func anOldInstanceThatJoinsHoldsTheReleaseWithinASecond() async throws {
        try await withNode { node, fleet in
            for name in ["a", "b", "c"] { fleet.report(name, "1.1") }
            let plan = ReleaseFixture.plan(requires: #""everywhere: checkout >= 1.1""#)
            #expect(try await node.production("POST", "/releases", plan).status == 201)
            #expect(try await start(node).status == 200)
            var held = JSONValue.null
            var rounds = 0
            let best = try await quickest(below: .seconds(1)) {
                if rounds > 0 {
                    fleet.report("old-\(rounds)", "1.1")
                    #expect(try await accepted(node, "resume").status == 200)
                }
                rounds += 1
                let begun = ContinuousClock.now
                fleet.report("old-\(rounds)", "1.0")
                held = try await released(node, "held")
                return ContinuousClock.now - begun
            }
            #expect(best < .seconds(1) * Patience.factor)
            let record = try #require(held["history"]?.arrayValue?.last)
            #expect(record["trigger"] == "turned-red" && record["actor"] == "pilotlight")
            #expect(held["gate"]?["checks"]?.arrayValue?.first?["agents"] == [.string("old-\(rounds)")])
        }
    }

    @Test func aServiceThatFailsHoldsWhatNeedsIt() async throws {
        try await withNode { node, fleet in
            // Blue stays by design: the gate asks for green alone.
            fleet.report("blue", "1.0")
            fleet.report("green", "1.1")
            #expect(try await node.production("POST", "/releases", ReleaseFixture.plan()).status == 201)
            #expect(try await start(node).status == 200)
            fleet.report("green", "1.1", health: .failing)
            _ = try await released(node, "held")
        }
    }

    /// After a restart nothing is known of the agents for a moment: nothing is held or refused for good by that.
    @Test func aRestartWaitsForItsAgents() async throws {
        let directory = try TemporaryDirectory()
        var node = try await NodeFixture(directory.path)
        var fleet = ReportingFleet(node.ports)
        #expect(try await node.production("POST", "/apply", ReleaseFixture.document).status == 200)
        fleet.report("a", "1.1")
        #expect(try await node.production("POST", "/releases", ReleaseFixture.plan()).status == 201)
        #expect(try await start(node).status == 200)
        let before = try await node.production("GET", "/releases/summer").json
        await fleet.stop()
        try await node.stop()

        node = try await NodeFixture(directory.path)
        let unknown = try await node.production("GET", "/releases/summer").json
        #expect(unknown["state"] == "running" && unknown["gate"]?["verdict"] == "unknown")
        #expect(unknown["history"] == before["history"])
        let refused = try await node.production("POST", "/releases/summer/advance")
        #expect(refused.status == 409 && refused.json["detail"]?.stringValue?.contains("isn't known yet") == true)
        fleet = ReportingFleet(node.ports)
        fleet.report("a", "1.1")
        #expect(try await accepted(node, "advance").json["stage"]?["index"] == 2)
        await fleet.stop()
        try await node.stop()
    }

    @Test func anOpeningIsArmedWithdrawnAndReached() async throws {
        try await withNode { node, fleet in
            // A machine that stands still until the opening time has come shows nothing: then another one has more time.
            for (name, lead) in [("summer", 10.0), ("autumn", 40), ("winter", 160)] {
                if try await opens(name, in: lead, node, fleet) { return }
            }
            Issue.record("no release was armed before its opening time")
        }
    }

    /// - Returns: whether there was time enough.
    private func opens(
        _ name: String, in seconds: Double, _ node: NodeFixture, _ fleet: ReportingFleet
    ) async throws -> Bool {
        // Its clock is astray.
        fleet.report("a", "1.1", skew: 1_400)
        #expect(try await node.production("POST", "/releases", ReleaseFixture.plan(name: name)).status == 201)
        let time = Date(timeIntervalSinceNow: seconds).formatted(.iso8601)
        let started = try await node.production("POST", "/releases/\(name)/start", #"{"opens": "\#(time)"}"#)
        if started.status == 200 {
            #expect(started.json["state"] == "scheduled")
            let waiting = try await awaited("the clock is seen", every: .milliseconds(5)) { _ in
                let release = try await node.production("GET", "/releases/\(name)").json
                let isSeen = release["waitingFor"]?.compactText().contains("agent a is 1.4 s ahead") == true
                return isSeen || release["missed"] == true ? release : nil
            }
            #expect(waiting["state"] == "scheduled")
            fleet.report("a", "1.1", skew: 20)
            let isArmed = try await awaited("it is armed, or too late", every: .milliseconds(5)) { _ -> Bool? in
                let release = try await node.production("GET", "/releases/\(name)").json
                if release["missed"] == true { return false }
                return release["history"]?.compactText().contains(#""to":"armed""#) == true ? true : nil
            }
            if isArmed {
                _ = try await released(node, "running", name)
                return true
            }
        }
        _ = try await node.production("POST", "/releases/\(name)/cancel")
        return false
    }
}
