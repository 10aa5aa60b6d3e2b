import Flags
import Foundation
import Harness
import JSON
import Testing

@testable import Control

/// Components through real HTTP: made, changed, ramped, killed, asked and deleted.
@Suite struct ComponentRouteTests {
    private func withNode(_ body: (NodeFixture) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let node = try await NodeFixture(directory.path)
        do {
            let made = try await node.production(
                "POST", "/components", #"{"name": "checkout", "version": "1.0", "upstream": "blue"}"#)
            #expect(made.status == 201)
            #expect(details(made) == ["component checkout: versions: 1.0 (blue); defaultVersion: 1.0"])
            try await node.deployed("checkout", "1.0", "1.1")
            try await body(node)
        } catch {
            try? await node.stop()
            throw error
        }
        try await node.stop()
    }

    private let component = "/v1/environments/production/components/checkout"

    private func details(_ answer: HTTPAnswer) -> [String] {
        answer.json["diff"]?.arrayValue?.map {
            "\($0["kind"]?.stringValue ?? "") \($0["key"]?.stringValue ?? ""): \($0["detail"]?.stringValue ?? "")"
        } ?? []
    }

    private func warnings(_ answer: HTTPAnswer) -> [String] {
        answer.json["warnings"]?.arrayValue?.compactMap { $0["message"]?.stringValue } ?? []
    }

    /// What is refused, as `status title: detail; hint`.
    private func refused(_ answer: HTTPAnswer) -> String {
        let texts = ["title", "detail", "hint"].map { answer.json[$0]?.stringValue ?? "" }
        return "\(answer.status) \(texts[0]): \(texts[1]); \(texts[2])"
    }

    @Test func oneDayOfAComponent() async throws {
        try await withNode { node in
            let shown = try await node.production("GET", "/components/checkout").json
            #expect(shown["name"] == "checkout" && shown["defaultVersion"] == "1.0")
            #expect(shown["versions"] == ["1.0": ["upstream": "blue"]])
            for member in ["split", "rollout", "bucketBy", "salt", "killed"] { #expect(shown[member] == .null) }
            #expect(shown["pilots"] == [] && shown["shares"] == [:] && shown["default"] == 100)

            let added = try await node.production("PUT", "/components/checkout/versions/1.1", #"{"upstream": "green"}"#)
            #expect(details(added) == ["component checkout: versions: +1.1 (green)"])
            let split = try await node.production(
                "PATCH", "/components/checkout", #"{"split": {"1.0": 90, "1.1": 10}, "description": "The shop"}"#)
            #expect(
                details(split) == ["component checkout: split: 1.0 90 %, 1.1 10 %; description added"])
            let more = try await node.production(
                "PATCH", "/components/checkout", #"{"split": {"1.0": 80, "1.1": 15}}"#)
            #expect(details(more) == ["component checkout: split: 1.0 90 % → 80 %, 1.1 10 % → 15 %"])
            let after = try await node.production("GET", "/components/checkout").json
            #expect(after["shares"] == ["1.0": 80, "1.1": 15] && after["default"] == 5)

            _ = try await node.production("POST", "/pilots", #"{"name": "early"}"#)
            _ = try await node.production("POST", "/pilots", #"{"name": "staff"}"#)
            let pilots = try await node.production(
                "PATCH", "/components/checkout", #"{"pilots": {"staff": "1.0", "early": "1.1"}}"#)
            #expect(details(pilots) == ["component checkout: pilots: +staff=1.0, +early=1.1"])
            let moved = try await node.production(
                "PATCH", "/components/checkout", #"{"pilots": {"early": "1.0", "staff": "1.1"}}"#)
            #expect(details(moved) == ["component checkout: pilots: staff: 1.0 → 1.1, early: 1.1 → 1.0"])
            // In place.
            #expect(
                try await node.production("GET", "/components/checkout").json["pilots"] == [
                    ["pilot": "staff", "version": "1.1"], ["pilot": "early", "version": "1.0"],
                ])
            let out = try await node.production("PATCH", "/components/checkout", #"{"pilots": {"staff": null}}"#)
            #expect(details(out) == ["component checkout: pilots: −staff=1.1"])
            #expect(try await node.production("GET", "/pilots/early").json["components"] == ["checkout"])

            let ramped = try await node.production(
                "POST", "/components/checkout/ramp", #"{"version": "1.1", "percentage": 5, "exclude": ["bob"]}"#)
            #expect(details(ramped) == ["component checkout: rollout: 5 % of 1.1, without bob"])
            let further = try await node.production("POST", "/components/checkout/ramp", #"{"percentage": 20}"#)
            #expect(details(further) == ["component checkout: rollout: 5 % → 20 %"])

            let salted = try await node.production(
                "POST", "/components/checkout/ramp", #"{"percentage": 20, "salt": "spring", "exclude": []}"#)
            #expect(
                details(salted) == [
                    "component checkout: rollout: without −bob, salt its own → spring"
                ])

            let flipped = try await node.production("PATCH", "/components/checkout", #"{"defaultVersion": "1.1"}"#)
            #expect(details(flipped) == ["component checkout: defaultVersion: 1.0 → 1.1"])
            let retired = try await node.ask("DELETE", component + "/versions/1.0")
            #expect(details(retired) == ["component checkout: versions: 1.0 retired"])
            let back = try await node.ask("PUT", component + "/versions/1.0")
            #expect(details(back) == ["component checkout: versions: 1.0 back"])
            #expect(
                try await node.production("GET", "/components/checkout").json["versions"]?["1.0"]
                    == ["upstream": "blue"])
            let whole = try await node.production("PATCH", "/components/checkout", #"{"split": {}}"#)
            #expect(details(whole) == ["component checkout: split removed (1.0 80 %, 1.1 15 %)"])
            #expect(try await node.production("GET", "").json["components"] == 1)
            #expect(try await node.production("GET", "/components").json["components"]?.arrayValue?.count == 1)
            let deleted = try await node.ask("DELETE", component + "?message=gone")
            #expect(details(deleted) == ["component checkout: component removed"])
            #expect(try await node.production("GET", "/components").json["components"] == [])
        }
    }

    @Test func killsAreThoseOfFlags() async throws {
        try await withNode { node in
            _ = try await node.production("PUT", "/components/checkout/versions/1.1")
            let killed = try await node.production("POST", "/components/checkout/kill")
            #expect(details(killed) == ["component-kill checkout: killed, serves 1.0"])
            #expect(warnings(killed) == ["gives everyone 1.0 already: the kill changes no answer now"])
            let shown = try await node.production("GET", "/components/checkout")
            #expect(shown.json["killed"] == ["variant": "1.0", "value": "1.0"])
            let other = try await node.production("POST", "/components/checkout/kill", #"{"version": "1.1"}"#)
            #expect(details(other) == ["component-kill checkout: killed, serves 1.1"])
            #expect(try await node.production("GET", "/components/checkout").header("ETag") != shown.header("ETag"))
            #expect(
                refused(try await node.ask("DELETE", component + "/versions/1.1"))
                    == #"409 Component is in use: component "checkout" is killed and serves "1.1", which would be "#
                    + "retired; keep the version, or unkill the component first")
            let split = try await node.production("PATCH", "/components/checkout", #"{"split": {"1.1": 1}}"#)
            #expect(warnings(split) == ["is killed: everyone gets 1.1 until it is unkilled"])
            #expect(
                refused(try await node.production("POST", "/components/checkout/kill", #"{"version": "1.2"}"#))
                    == #"422 No such version: component "checkout" has no version "1.2"; did you mean "1.0"?"#)
            #expect(
                try await node.production("POST", "/components/checkout/kill", #"{"variant": "1.1"}"#).status == 400)
            func history(_ query: String) async throws -> [String] {
                let answer = try await node.production("GET", "/history?" + query)
                return answer.json["history"]?.arrayValue?.flatMap { $0["diff"]?.arrayValue ?? [] }
                    .compactMap { "\($0["kind"]?.stringValue ?? "") \($0["detail"]?.stringValue ?? "")" } ?? []
            }
            let kills = ["component-kill killed, serves 1.1", "component-kill killed, serves 1.0"]
            #expect(try await history("kind=component-kill") == kills)
            #expect(try await history("kind=component-kill&key=checkout") == kills)
            #expect(try await history("kind=component&key=checkout").count == 3)
            #expect(try await history("key=checkout").count == 5)
            #expect(try await history("kind=kill") == [])
            #expect(
                refused(try await node.production("GET", "/history?key=checkut"))
                    == #"404 Nothing of that name: nothing in the history of production has touched "checkut"; "#
                    + #"did you mean "checkout"?"#)
            #expect(try await node.production("GET", "/history?kind=components").status == 400)
            #expect(try await node.production("GET", "/history?kind=kill&key=%01checkout").status == 404)
            let lifted = try await node.production("POST", "/components/checkout/unkill")
            #expect(details(lifted) == ["component-kill checkout: no longer killed"])
            _ = try await node.production("POST", "/components/checkout/kill")
            let deleted = try await node.ask("DELETE", component)
            #expect(
                details(deleted) == [
                    "component checkout: component removed", "component-kill checkout: no longer killed",
                ])
            #expect(try await node.production("GET", "").json["entries"] == 0)
        }
    }

    @Test func whoGetsWhatIsAskedAsOfFlags() async throws {
        try await withNode { node in
            _ = try await node.production("PUT", "/components/checkout/versions/1.1")
            _ = try await node.production(
                "POST", "/apply", Sample.document(pilots: #""early": {"members": ["ann"]}"#))
            _ = try await node.production("PATCH", "/components/checkout", #"{"pilots": {"early": "1.1"}}"#)
            let who = try await node.production("POST", "/components/checkout/who", #"{"keys": ["ann", "bob", "eve"]}"#)
            #expect(who.json["component"] == "checkout" && who.json["flag"] == nil)
            #expect(
                who.json["variants"] == [
                    ["variant": "1.0", "reason": "DEFAULT", "count": 2, "share": 66.67],
                    ["variant": "1.1", "reason": "TARGETING_MATCH", "count": 1, "share": 33.33],
                ])
            let why = try await node.production(
                "POST", "/components/checkout/explain", #"{"context": {"targetingKey": "ann"}}"#)
            #expect(why.json["component"] == "checkout" && why.json["key"] == nil)
            #expect(why.json["variant"] == "1.1" && why.json["value"] == "1.1")
            #expect(why.json["reason"] == "TARGETING_MATCH")
            #expect(!why.text.contains("u0001"))
        }
    }

    @Test func whatCannotBeIsRefusedWithAWayOut() async throws {
        try await withNode { node in
            _ = try await node.production("PUT", "/components/checkout/versions/1.1")
            _ = try await node.production("PUT", "/components/checkout/versions/0.9")
            _ = try await node.ask("DELETE", component + "/versions/0.9")
            _ = try await node.production("POST", "/pilots", #"{"name": "early"}"#)
            let number = try await node.production("GET", "").number
            func patch(_ body: String) async throws -> String {
                refused(try await node.production("PATCH", "/components/checkout", body))
            }
            let retired =
                #"409 Version is retired: version "0.9" of component "checkout" is retired: nobody gets it; "#
                + "bring it back first: pilotlight component add-version checkout 0.9"
            for body in [#"{"defaultVersion": "0.9"}"#, #"{"split": {"0.9": 1}}"#, #"{"pilots": {"early": "0.9"}}"#] {
                #expect(try await patch(body) == retired)
            }
            let unknown = #"422 No such version: component "checkout" has no version "1.11"; did you mean "1.1"?"#
            for body in [#"{"defaultVersion": "1.11"}"#, #"{"split": {"1.11": 1}}"#, #"{"pilots": {"early": "1.11"}}"#]
            {
                #expect(try await patch(body) == unknown)
            }
            #expect(
                try await patch(#"{"split": {"1.0": 90, "1.1": 10.5}}"#)
                    == "422 More than everybody: the shares are 100.5 % together; they are 100 % at most; what is left is "
                    + "the default version's")
            #expect(try await patch(#"{"split": {"1.0": 1.234}}"#).hasPrefix("422 Not a percentage: \"split.1.0\" is"))
            #expect(try await patch(#"{"split": 7}"#).hasPrefix("400 Wrong type"))
            #expect(try await patch(#"{"pilots": {"early": 7}}"#).hasPrefix("400 Wrong type"))
            #expect(try await patch("{}").hasPrefix("422 Nothing to change"))
            let many = (0...100).map { "\"g\($0)\": \"1.1\"" }.joined(separator: ", ")
            #expect(
                try await patch("{\"pilots\": {\(many)}}")
                    == #"422 Too many at once: "pilots" has 101 members; 100 are the most; a component has no more of them"#
            )
            #expect(
                try await patch(#"{"pilots": {"earl": null}}"#)
                    == #"422 Not one of its groups: component "checkout" gives the pilot group "earl" no version; "#
                    + "`pilotlight component show checkout` shows its groups")
            let group = try await node.production("PATCH", "/components/checkout", #"{"pilots": {"earl": "1.1"}}"#)
            #expect(group.status == 422)
            #expect(group.json["problems"]?.arrayValue?.first?["message"] == #"there is no pilot group "earl""#)

            #expect(
                refused(try await node.ask("DELETE", component + "/versions/1.0"))
                    == #"409 Version is the default: version "1.0" is the default version of component "checkout"; "#
                    + "make another one that first: pilotlight component default checkout VERSION")
            #expect(refused(try await node.ask("DELETE", component + "/versions/1.11")) == unknown)
            #expect(
                refused(try await node.production("POST", "/components", #"{"name": "checkout", "version": "2"}"#))
                    == #"409 Component exists: there is a component "checkout" already; "#
                    + "add a version to it: pilotlight component add-version checkout 2")
            for (body, title) in [
                (#"{"name": "Check out", "version": "2"}"#, "Not a component's name"),
                (#"{"name": "a", "version": "2 0"}"#, "Not a version's name"),
                (#"{"name": "a", "version": "2", "upstream": "a b"}"#, "Not an upstream"),
            ] {
                #expect(refused(try await node.production("POST", "/components", body)).hasPrefix("422 \(title): "))
            }
            let noSuch = #"404 No such component: there is no component "chekout"; did you mean "checkout"?"#
            for (method, path, body) in [
                ("GET", "", nil), ("PATCH", "", #"{"split": {}}"#), ("DELETE", "", nil), ("PUT", "/versions/2", nil),
                ("DELETE", "/versions/1.0", nil), ("POST", "/ramp", #"{"percentage": 1}"#), ("POST", "/kill", nil),
                ("POST", "/unkill", nil), ("POST", "/explain", "{}"), ("POST", "/who", #"{"keys": []}"#),
            ] as [(String, String, String?)] {
                #expect(refused(try await node.production(method, "/components/chekout" + path, body)) == noSuch)
            }
            let early = try await node.ask("POST", component + "/ramp", #"{"percentage": 5}"#)
            #expect(
                refused(early)
                    == #"422 Which version?: component "checkout" has no rollout yet, and no version is named; "#
                    + "name the version that users are to get, one of 0.9, 1.0, 1.1")
            #expect(
                refused(try await node.ask("POST", component + "/ramp", #"{"version": "0.9", "percentage": 5}"#))
                    == retired)
            #expect(
                try await node.ask("POST", component + "/ramp", #"{"variant": "1.1", "percentage": 5}"#).status == 400)
            // No component is reached as a flag, by the key that it is decided under.
            for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/kill"), ("POST", "/unkill")] {
                #expect(try await node.production(method, "/flags/%01checkout" + path).status == 404)
            }
            #expect(try await node.production("GET", "").number == number)
        }
    }

    @Test func aChangeMayBeBoundToWhatWasSeenAndRepeated() async throws {
        try await withNode { node in
            let tag = try #require(try await node.production("GET", "/components/checkout").header("ETag"))
            #expect(try await node.ask("GET", component, headers: ["If-None-Match": tag]).status == 304)
            let put = try await node.ask("PUT", component + "/versions/1.1", headers: ["If-Match": tag])
            #expect(put.status == 200)
            for (method, path) in [("PUT", "/versions/1.2"), ("DELETE", "/versions/1.1"), ("DELETE", "")] {
                #expect(try await node.ask(method, component + path, headers: ["If-Match": tag]).status == 412)
            }
            let key = ["Idempotency-Key": "split-1"]
            let first = try await node.ask("PATCH", component, #"{"split": {"1.1": 10}}"#, headers: key)
            _ = try await node.ask("PATCH", component, #"{"split": {"1.1": 20}}"#)
            let again = try await node.ask("PATCH", component, #"{"split": {"1.1": 10}}"#, headers: key)
            #expect(again.number == first.number && again.header("Idempotent-Replayed") == "true")
            #expect(details(again) == details(first))
            #expect(try await node.production("GET", "/components/checkout").json["shares"] == ["1.1": 20])
            #expect(try await node.production("PUT", "/components/checkout/versions/1.1").json["published"] == false)
        }
    }
}
