import Foundation
import Harness
import JSON
import Testing

@testable import Control

/// Ramps, kills, groups with rules, explanations and audiences, through real HTTP.
@Suite struct RolloutRouteTests {
    private func withNode(_ body: (NodeFixture) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        do {
            let answer = try await node.production("POST", "/apply", Sample.document(Sample.flag("a")))
            #expect(answer.status == 200)
            try await body(node)
        } catch {
            try? await node.stop()
            throw error
        }
        try await node.stop()
    }

    private let flag = "/v1/environments/production/flags/a"

    private func details(_ answer: HTTPAnswer) -> [String] {
        answer.json["diff"]?.arrayValue?.compactMap { $0["detail"]?.stringValue } ?? []
    }

    @Test func aFlagShowsItsRolloutItsPrerequisitesAndItsKill() async throws {
        try await withNode { node in
            let plain = try await node.production("GET", "/flags/a").json
            for member in ["rollout", "offVariant", "killed"] { #expect(plain[member] == .null) }
            #expect(plain["prerequisites"] == [])
            let ramped = try await node.production("POST", "/flags/a/ramp", #"{"variant": "on", "percentage": 5}"#)
            #expect(ramped.status == 200 && ramped.json["warnings"] == [])
            // Neither a kill nor an unkill needs a body.
            let killed = try await node.production("POST", "/flags/a/kill")
            #expect(details(killed) == ["killed, serves off"])
            let shown = try await node.production("GET", "/flags/a").json
            #expect(shown["rollout"] == ["variant": "on", "percentage": 5])
            #expect(shown["offVariant"] == "off")
            #expect(shown["killed"] == ["variant": "off", "value": false])
            #expect(try await node.production("GET", "/flags").json["flags"]?.arrayValue?.first?["killed"] != .null)
            let again = try await node.production("POST", "/flags/a/kill", "{}")
            #expect(again.json["published"] == false)
            #expect(
                again.json["warnings"]?.arrayValue?.first?["message"] == "is killed already, and serves off")

            // The environment's document has the rollout, and not the kill.
            let exported = try await node.production("GET", "/export").json
            #expect(exported["flags"]?["a"]?["rollout"] != nil && exported["kills"] == nil)
            #expect(exported["flags"]?["a"]?["killed"] == nil)
            #expect(try await node.production("POST", "/flags/a/unkill").json["published"] == true)
            #expect(try await node.production("GET", "/flags/a").json["killed"] == .null)
        }
    }

    @Test func theTagOfAFlagStandsForItsKillToo() async throws {
        try await withNode { node in
            func tag() async throws -> String {
                try #require(try await node.production("GET", "/flags/a").header("ETag"))
            }
            let before = try await tag()
            let killed = try await node.ask(
                "POST", flag + "/kill", #"{"variant": "on"}"#, headers: ["If-Match": before])
            #expect(killed.status == 200)
            let after = try await tag()
            #expect(after != before)
            #expect(try await node.ask("GET", flag, headers: ["If-None-Match": before]).status == 200)
            for (path, body) in [("/kill", "{}"), ("/unkill", "{}"), ("/ramp", #"{"variant": "on", "percentage": 1}"#)]
            {
                let stale = try await node.ask("POST", flag + path, body, headers: ["If-Match": before])
                #expect(stale.status == 412, "\(path)")
            }
            let old = try await node.ask("POST", flag + "/kill", "{}", headers: ["Pilotlight-If-Revision": "1"])
            #expect(old.status == 412)
            #expect(try await node.ask("POST", flag + "/unkill", headers: ["If-Match": after]).status == 200)
            #expect(try await tag() == before)
        }
    }

    @Test func aRepeatedKillIsMadeOnceAlsoAfterAnUnkill() async throws {
        try await withNode { node in
            let key = ["Idempotency-Key": "kill-7"]
            let first = try await node.ask("POST", flag + "/kill", #"{"variant": "on"}"#, headers: key)
            _ = try await node.production("POST", "/flags/a/unkill")
            let second = try await node.ask("POST", flag + "/kill", #"{"variant": "on"}"#, headers: key)
            #expect(second.number == first.number)
            #expect(second.header("Idempotent-Replayed") == "true")
            #expect(details(second) == ["killed, serves on"])
            #expect(try await node.production("GET", "/flags/a").json["killed"] == .null)
            let ramp = #"{"variant": "on", "percentage": 5, "overSeconds": 60}"#
            let ramped = try await node.ask("POST", flag + "/ramp", ramp, headers: ["Idempotency-Key": "ramp-7"])
            let again = try await node.ask("POST", flag + "/ramp", ramp, headers: ["Idempotency-Key": "ramp-7"])
            #expect(ramped.number == 4 && again.number == 4)
            let other = try await node.ask(
                "POST", flag + "/ramp", #"{"percentage": 6}"#, headers: ["Idempotency-Key": "ramp-7"])
            #expect(other.status == 422)
        }
    }

    @Test func theHistoryOfAFlagHasItsKills() async throws {
        try await withNode { node in
            let none = try await node.production("GET", "/history?kind=kill&key=a")
            #expect(none.status == 200 && none.json["history"] == [])
            #expect(try await node.production("GET", "/history?kind=kill&key=aa").status == 404)
            _ = try await node.ask(
                "POST", flag + "/kill", #"{"message": "Orders fail"}"#, headers: ["Pilotlight-Actor": "ann"])
            _ = try await node.production("POST", "/flags/a/unkill")
            func history(_ query: String) async throws -> [String] {
                let answer = try await node.production("GET", "/history?" + query)
                return answer.json["history"]?.arrayValue?.flatMap { $0["diff"]?.arrayValue ?? [] }
                    .compactMap { "\($0["kind"]?.stringValue ?? "") \($0["detail"]?.stringValue ?? "")" } ?? []
            }
            let kills = ["kill no longer killed", "kill killed, serves off"]
            #expect(try await history("key=a") == kills + ["flag variants: off, on; defaultVariant: off"])
            #expect(try await history("kind=kill") == kills)
            #expect(try await history("kind=kill&key=a") == kills)
            #expect(try await history("kind=flag&key=a").count == 1)
            let one = try await node.production("GET", "/history/2").json
            #expect(one["actor"] == "ann" && one["message"] == "Orders fail")
            #expect(one["diff"]?.arrayValue?.first?["after"] == ["variant": "off", "value": false])
            #expect(try await node.production("GET", "/history?kind=kills").status == 400)
        }
    }

    @Test func whatIsMalformedIsToldApartFromWhatIsInvalid() async throws {
        try await withNode { node in
            let wrong: [(String, String, Int)] = [
                ("/ramp", "{}", 400), ("/ramp", #"{"percentage": "5"}"#, 422),
                ("/ramp", #"{"percentage": 5.001}"#, 422),
                ("/ramp", #"{"percentage": 5, "variant": "on", "overSeconds": 0}"#, 422),
                ("/ramp", #"{"percentage": 5, "variant": "on", "pilots": ["nobody"]}"#, 422),
                ("/ramp", #"{"percentage": 5, "share": 1}"#, 400), ("/ramp", "", 400), ("/kill", #"{"to": "on"}"#, 400),
                ("/kill", #"{"variant": "no"}"#, 422), ("/unkill", "[]", 400), ("/who", "{}", 400),
                ("/who", #"{"keys": [""]}"#, 422), ("/who", #"{"keys": [1]}"#, 400),
                ("/who", #"{"keys": [], "context": {"targetingKey": "ann"}}"#, 400),
                ("/explain", #"{"context": []}"#, 400), ("/explain", #"{"context": {}, "time": -1}"#, 400),
            ]
            for (path, body, status) in wrong {
                let answer = try await node.production("POST", "/flags/a" + path, body)
                #expect(answer.status == status, "\(path) \(body): \(answer.text)")
                #expect(answer.json["hint"]?.stringValue?.isEmpty == false, "\(path) \(body)")
            }
            let fitting = [
                "/ramp": #"{"percentage": 5}"#, "/kill": "{}", "/unkill": "{}", "/explain": "{}",
                "/who": #"{"keys": []}"#,
            ]
            for (path, body) in fitting {
                #expect(try await node.production("POST", "/flags/b" + path, body).status == 404, "\(path)")
            }
            #expect(try await node.production("GET", "").number == 1)
        }
    }

    @Test func aGroupIsMadeShownAndEdited() async throws {
        try await withNode { node in
            let rule = #"{"==": [{"var": "plan"}, "gold"]}"#
            let made = try await node.production(
                "POST", "/pilots", #"{"name": "beta", "rule": \#(rule), "percentage": 5, "exclude": ["bob"]}"#)
            #expect(made.status == 201)
            let seen = try #require(try await node.production("GET", "/pilots/beta").header("ETag"))
            let path = "/v1/environments/production/pilots/beta"
            let edited = try await node.ask("PATCH", path, #"{"percentage": 10}"#, headers: ["If-Match": seen])
            #expect(details(edited) == ["percentage: 5 % → 10 %"])
            #expect(try await node.ask("PATCH", path, #"{"exclude": []}"#, headers: ["If-Match": seen]).status == 412)
            _ = try await node.production("PATCH", "/pilots/beta", #"{"exclude": null}"#)
            let shown = try await node.production("GET", "/pilots/beta").json
            #expect(shown["percentage"] == 10 && shown["exclude"] == [] && shown["members"] == [])
            #expect(shown["rule"]?["=="] != nil)
            #expect(
                try await node.production("GET", "/pilots").json["pilots"] == [
                    [
                        "name": "beta", "rule": ["==": [["var": "plan"], "gold"]], "percentage": 10, "exclude": [],
                        "members": 0,
                    ]
                ])
            #expect(
                try await node.production("GET", "/export").json["pilots"]?["beta"] == [
                    "rule": ["==": [["var": "plan"], "gold"]], "percentage": 10, "members": [],
                ])
            #expect(try await node.production("PATCH", "/pilots/beta", #"{"message": "nothing"}"#).status == 400)
            #expect(try await node.production("PATCH", "/pilots/bet", #"{"percentage": 1}"#).status == 404)
        }
    }

    @Test func explainWhoAndTheRadiusAgree() async throws {
        try await withNode { node in
            _ = try await node.production("POST", "/flags/a/ramp", #"{"variant": "on", "percentage": 30}"#)
            let users = (0..<200).map { "user-\($0)" }
            let keys = "[" + (users + ["user-1"]).map { "\"\($0)\"" }.joined(separator: ", ") + "]"
            let who = try await node.production("POST", "/flags/a/who", #"{"keys": \#(keys)}"#).json
            #expect(who["users"] == 200 && who["repeated"] == 1)
            let counts = Dictionary(
                uniqueKeysWithValues: (who["variants"]?.arrayValue ?? []).map {
                    ($0["variant"]?.stringValue ?? "", $0["count"]?.integerValue ?? 0)
                })
            var explained: [String: Int64] = [:]
            for user in users {
                let answer = try await node.production(
                    "POST", "/flags/a/explain", #"{"context": {"targetingKey": "\#(user)"}}"#)
                explained[try #require(answer.json["variant"]?.stringValue), default: 0] += 1
                #expect(answer.json["steps"]?.arrayValue?.isEmpty == false)
            }
            #expect(counts == explained)

            // What the rollout's end would change is what it gives now.
            var body: JSONObject = [
                "documents": [["name": "a.json", "text": .string(Sample.document(Sample.flag("a")))]], "dryRun": true,
            ]
            body["keys"] = .array(users.map { .string($0) })
            let dry = try await node.production("POST", "/apply", JSONValue.object(body).compactText())
            #expect(dry.status == 200 && dry.json["published"] == false)
            #expect(dry.json["usersTouched"] == .integer(explained["on"] ?? 0) && dry.json["users"] == 200)
            let impact = try #require(dry.json["blastRadius"]?.arrayValue?.first)
            #expect(impact["flag"] == "a" && impact["of"] == 200)
            #expect(impact["moves"]?.arrayValue?.map { $0["from"] } == ["on"])
            #expect(impact["moves"]?.arrayValue?.first?["sample"]?.arrayValue?.count == 5)
            #expect(dry.json["warnings"]?.arrayValue?.first?["line"] == 1)
            #expect(try await node.production("GET", "").number == 2)
            body["dryRun"] = false
            let wet = try await node.production("POST", "/apply", JSONValue.object(body).compactText())
            #expect(wet.status == 400 && wet.json["title"] == "Not a dry run")
        }
    }

    /// An integer beyond 64 bits is no reason for an agent to refuse a context, so it is none here.
    @Test func aContextIsReadAsALookupReadsIt() async throws {
        try await withNode { node in
            let rule = #"{"if": [{">": [{"var": "size"}, 5]}, "on", null]}"#
            _ = try await node.production("POST", "/apply", Sample.document(Sample.flag("a", targeting: rule)))
            let context = #"{"size": 40447474295175559249920, "x": 1, "x": 2}"#
            let explained = try await node.production("POST", "/flags/a/explain", #"{"context": \#(context)}"#)
            #expect(explained.status == 200 && explained.json["variant"] == "on", "\(explained.text)")
            let who = try await node.production("POST", "/flags/a/who", #"{"keys": ["ann"], "context": \#(context)}"#)
            #expect(who.json["variants"]?.arrayValue?.first?["variant"] == "on", "\(who.text)")
            // What is stored must be exact.
            _ = try await node.production("POST", "/pilots", #"{"name": "beta"}"#)
            for body in [
                #"{"rule": {"==": [{"var": "size"}, 40447474295175559249920]}}"#,
                #"{"percentage": 1, "percentage": 2}"#,
            ] {
                let refused = try await node.production("PATCH", "/pilots/beta", body)
                #expect(refused.status == 422 && refused.json["title"] == "Not exact", "\(refused.text)")
            }
            #expect(try await node.production("PATCH", "/pilots/beta", #"{"percentage": "#).status == 400)
        }
    }

    /// What doesn't fit the other flags has its place in the document, line and column.
    @Test func whatDoesNotFitIsPlaced() async throws {
        try await withNode { node in
            let text = """
                {"flags": {
                  "b": {"state": "ENABLED", "variants": {"on": true},
                    "prerequisites": [{"flag": "nothing", "variant": "on"}]}
                }}
                """
            let answer = try await node.production("POST", "/apply?name=b.json", text)
            #expect(answer.status == 422)
            let problem = try #require(answer.json["problems"]?.arrayValue?.first)
            #expect(problem["document"] == "b.json" && problem["pointer"] == "/flags/b/prerequisites/0/flag")
            #expect(problem["line"] == 3 && problem["column"] == 32)
        }
    }
}
