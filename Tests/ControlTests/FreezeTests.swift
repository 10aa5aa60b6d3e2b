import Flags
import Harness
import JSON
import Releases
import Testing

@testable import Control

/// Freeze windows and the calendar over the operator API.
@Suite struct FreezeTests {
    private func withNode(_ body: (NodeFixture) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        do {
            try await body(node)
        } catch {
            try? await node.stop()
            throw error
        }
        try await node.stop()
    }

    @Test func aWindowIsSetShownAndRemoved() async throws {
        try await withNode { node in
            let put = try await node.production(
                "PUT", "/freezes/weekend",
                #"{"from": "fri 16:00", "until": "mon 08:00", "weekly": true, "timeZone": "Europe/Berlin"}"#)
            #expect(put.status == 200, "\(put.text)")
            #expect(put.json["name"] == "weekend" && put.json["weekly"] == true && put.json["reason"] == .null)
            #expect(put.json["timeZone"] == "Europe/Berlin" && put.json["from"] == "fri 16:00")
            let always = try await node.production(
                "PUT", "/freezes/always",
                #"{"from": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z", "reason": "Rest", "message": "x"}"#)
            #expect(always.json["now"] == true)
            let moved = try await node.production(
                "PUT", "/freezes/always", #"{"from": "2020-01-01 00:00", "until": "2020-02-01", "weekly": null}"#)
            #expect(moved.json["now"] == false && moved.json["timeZone"] == "UTC" && moved.json["reason"] == .null)
            let listed = try await node.production("GET", "/freezes").json["freezes"]?.arrayValue
            #expect(listed?.compactMap { $0["name"]?.stringValue } == ["always", "weekend"])
            let removed = try await node.production("DELETE", "/freezes/always")
            #expect(removed.status == 200 && removed.json["removed"] == "always")
            #expect(try await node.production("DELETE", "/freezes/always").status == 404)
            // Agents are told nothing of it.
            #expect(try await node.production("GET", "").number == 0)
        }
    }

    @Test func everyProblemIsListed() async throws {
        try await withNode { node in
            let answer = try await node.production(
                "PUT", "/freezes/w", #"{"from": "friday", "timeZone": "Berlin", "reason": ""}"#)
            #expect(answer.status == 422)
            let pointers = answer.json["problems"]?.arrayValue?.compactMap { $0["pointer"]?.stringValue } ?? []
            #expect(Set(pointers) == ["", "/from", "/timeZone", "/reason"], "\(answer.text)")
            let backwards = try await node.production(
                "PUT", "/freezes/w", #"{"from": "2026-12-24", "until": "2026-12-23"}"#)
            #expect(backwards.status == 422)
            #expect(
                try await node.production("PUT", "/freezes/W%20x", #"{"from": "mon 1", "until": "x"}"#).status == 422)
            #expect(try await node.production("PUT", "/freezes/w", #"{"colour": 1}"#).status == 400)
            #expect(try await node.production("GET", "/freezes").json["freezes"] == [])
        }
    }

    @Test func itHoldsReleasesUpAndStandsInTheCalendar() async throws {
        try await withNode { node in
            _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("basket")))
            _ = try await node.production(
                "PUT", "/freezes/always",
                #"{"from": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z", "reason": "Rest"}"#)
            #expect(try await node.production("POST", "/releases", WebhookNodeTests.plan).status == 201)
            let refused = try await node.production("POST", "/releases/summer/start")
            #expect(refused.status == 409 && refused.text.contains("always"), "\(refused.text)")
            let despite = try await node.production("POST", "/releases/summer/start", #"{"despiteFreeze": true}"#)
            #expect(despite.status == 200)
            let calendar = try await node.production("GET", "/calendar").json
            let entries = calendar["entries"]?.arrayValue ?? []
            #expect(entries.map { $0["kind"]?.stringValue } == ["freeze", "stage"])
            #expect(entries.first?["name"] == "always" && entries.first?["detail"] == "Rest")
            #expect(entries.last?["release"] == "summer" && entries.last?["until"] == .null)
            #expect(entries.last?["detail"] == "stage 1 of 1, half: launches by hand")
            for query in ["from=yesterday", "until=2020-01-01T00:00:00Z", "until=2040-01-01T00:00:00Z"] {
                #expect(try await node.production("GET", "/calendar?" + query).status == 422, "\(query)")
            }
        }
    }

    // MARK: The calendar by itself

    private static let opens: Int64 = 1_800_000_000

    private func release(_ state: (inout Release, ReleaseTime) throws -> Void = { _, _ in }) throws -> Release {
        let text = """
            {"name": "summer", "changes": [{"flag": "basket", "variant": "on"}], "opens": "2027-01-15T08:00:00Z",
             "stages": [{"name": "staff", "pilots": ["staff"], "minimum": "1h", "advance": "by-itself"},
             {"name": "half", "percentage": 50, "minimum": "2h", "advance": "by-itself"},
             {"name": "everyone", "percentage": 100, "minimum": "30m"}]}
            """
        let json = try #require(JSONReader.read(text).value)
        let plan = try #require(ReleasePlan.read(json).plan)
        let time = ReleaseTime(wall: (Self.opens - 86_400) * 1_000, steady: 1_000)
        var release = Release(plan, id: "r", at: time, by: "mia", why: "")
        try state(&release, time)
        return release
    }

    private func calendar(_ release: Release, from: Int64 = opens - 90_000, now: ReleaseTime) -> [String] {
        ReleaseCalendar([release], FreezeCalendar(), from: from, until: Self.opens + 86_400 * 28, now: now).entries
            .map { entry in
                let until = entry.until.map { "\($0 - Self.opens)" } ?? "…"
                return "\(entry.kind) \(entry.from - Self.opens)–\(until) \(entry.detail)"
            }
    }

    @Test func stagesAreShownAsEarlyAsTheyCanBe() throws {
        let before = ReleaseTime(wall: (Self.opens - 86_000) * 1_000, steady: 401_000)
        #expect(
            calendar(try release(), now: before) == [
                "opening 0–… draft",
                "stage 0–3600 stage 1 of 3, staff: goes on by itself at the earliest then",
                "stage 3600–10800 stage 2 of 3, half: goes on by itself at the earliest then",
                "stage 10800–… stage 3 of 3, everyone: launches by hand",
            ])
        #expect(calendar(try release(), from: Self.opens + 20_000, now: before).count == 1)
    }

    @Test func whatHasMissedItsTimeOpensInNoCalendar() throws {
        let then = ReleaseTime(wall: Self.opens * 1_000, steady: 1_000)
        #expect(calendar(try release(), now: then).isEmpty, "a draft")
        let scheduled = try release { release, time in
            let basket = try #require(JSONReader.read(#"{"state": "ENABLED", "variants": {"on": true}}"#).value)
            let facts = ReleaseFacts(definitions: ["basket": basket])
            _ = try release.receive(.start(), facts, at: time, by: "mia", why: "")
        }
        #expect(scheduled.state == .scheduled)
        #expect(calendar(scheduled, now: then) == ["opening 0–… missed"])
    }
}
