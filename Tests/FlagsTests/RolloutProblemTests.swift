import Flags
import JSON
import Testing

/// Every kind of problem a rollout, a prerequisite and a pilot group can have: where it is placed and what is said.
@Suite struct RolloutProblemTests {
    private static func rollout(_ members: String) -> String {
        DocumentProblemTests.flag(#""rollout": {"# + members + "}")
    }

    private static func group(_ members: String) -> String { #"{"pilots": {"g": {"# + members + "}}}" }

    @Test(arguments: [
        (
            DocumentProblemTests.flag(#""rollout": 5"#), "/flags/f/rollout", "the rollout is a number",
            "\"percentage\": 5"
        ),
        (rollout(""), "/flags/f/rollout", "the rollout has no variant", "name the variant"),
        (
            rollout(#""variant": "onn""#), "/flags/f/rollout/variant", "\"onn\" is none of the variants",
            "did you mean \"on\"?"
        ),
        (rollout(#""variant": 1"#), "/flags/f/rollout/variant", "is a number", "a variant's name"),
        (
            rollout(#""variant": "on", "percent": 5"#), "/flags/f/rollout/percent", "no member \"percent\"",
            "did you mean"
        ),
        (
            rollout(#""variant": "on", "percentage": 101"#), "/flags/f/rollout/percentage", "the percentage is 101",
            "0 to 100"
        ),
        (rollout(#""variant": "on", "percentage": 0.005"#), "/flags/f/rollout/percentage", "is 0.005", "two decimals"),
        (rollout(#""variant": "on", "percentage": "5""#), "/flags/f/rollout/percentage", "is \"5\"", "a number"),
        (
            rollout(#""variant": "on", "percentage": 5, "ramp": {"from": 0, "to": 1, "start": 1, "end": 2}"#),
            "/flags/f/rollout", "both a percentage and a ramp", "leave one"
        ),
        (rollout(#""variant": "on", "ramp": {"to": 1}"#), "/flags/f/rollout/ramp", "another shape", "\"from\": 5"),
        (
            rollout(#""variant": "on", "ramp": {"from": 0, "to": 1, "start": 2, "end": 2}"#), "/flags/f/rollout/ramp",
            "times can't be used", "after the start"
        ),
        (
            rollout(#""variant": "on", "ramp": {"from": 0, "to": 1, "start": 1, "end": 1764000000000000}"#),
            "/flags/f/rollout/ramp", "times can't be used", "seconds since 1970"
        ),
        (
            rollout(#""variant": "on", "ramp": {"from": 0, "to": 1, "start": 1, "end": 2, "by": 3}"#),
            "/flags/f/rollout/ramp/by", "no member \"by\"", "the members are"
        ),
        (rollout(#""variant": "on", "pilots": "g""#), "/flags/f/rollout/pilots", "\"pilots\" is a string", "a list of"),
        (
            rollout(#""variant": "on", "pilots": ["g"]"#), "/flags/f/rollout/pilots/0", "there is no pilot group \"g\"",
            "create"
        ),
        (rollout(#""variant": "on", "pilots": ["G!"]"#), "/flags/f/rollout/pilots/0", "can't name a pilot group", ""),
        (
            rollout(#""variant": "on", "exclude": {"users": ["a", "a"]}"#), "/flags/f/rollout/exclude/users/1",
            "\"a\" stands twice", "remove one"
        ),
        (rollout(#""variant": "on", "exclude": ["a"]"#), "/flags/f/rollout/exclude", "is an array", "\"users\""),
        (rollout(#""variant": "on", "salt": """#), "/flags/f/rollout/salt", "empty or too long", "1 to 256 bytes"),
        (rollout(#""variant": "on", "bucketBy": 7"#), "/flags/f/rollout/bucketBy", "is a number", "1 to 256 bytes"),
        (
            DocumentProblemTests.flag(#""offVariant": "of""#), "/flags/f/offVariant", "\"of\" is none",
            "did you mean \"off\"?"
        ),
        (DocumentProblemTests.flag(#""off": "off""#), "/flags/f/off", "no member \"off\"", "\"offVariant\""),
        (DocumentProblemTests.flag(#""prerequisites": {}"#), "/flags/f/prerequisites", "is an object", "a list of"),
        (
            DocumentProblemTests.flag(#""prerequisites": ["g"]"#), "/flags/f/prerequisites/0", "another shape",
            "\"variant\""
        ),
        (
            DocumentProblemTests.flag(#""prerequisites": [{"flag": "f", "variant": "on"}]"#),
            "/flags/f/prerequisites/0",
            "requires itself", "another flag"
        ),
        (
            DocumentProblemTests.flag(
                #""prerequisites": [{"flag": "g", "variant": "on"}, {"flag": "g", "variant": "off"}]"#),
            "/flags/f/prerequisites/1", "required twice", "one answer at a time"
        ),
        (group(""), "/pilots/g", "has no members", "may be empty"),
        (group(#""rule": {}"#), "/pilots/g/rule", "the rule is empty", "one operator"),
        (group(#""rule": true"#), "/pilots/g/rule", "the rule is a boolean", "one operator"),
        (group(#""rule": {"iff": [1]}"#), "/pilots/g/rule/iff", "no operator \"iff\"", "did you mean \"if\"?"),
        (
            group(#""rule": {"in_pilot": "h"}"#), "/pilots/g/rule/in_pilot", "asks about the pilot group \"h\"",
            "where they are used"
        ),
        (group(#""percentage": 200"#), "/pilots/g/percentage", "the percentage is 200", "0 to 100"),
        (group(#""members": [], "exclude": ["a", "a"]"#), "/pilots/g/exclude/1", "stands twice", "remove one"),
        (
            group(#""members": [], "excluded": ["a"]"#), "/pilots/g/excluded", "no member \"excluded\"",
            "did you mean \"exclude\"?"
        ),
    ])
    func isRefused(text: String, pointer: String, message: String, hint: String) throws {
        let (_, problems) = try readDocument(text)
        let problem = try #require(
            problems.first { $0.severity == .error && $0.pointer.description == pointer }, "\(problems)")
        #expect(problem.message.contains(message), "\(problem)")
        #expect(hint.isEmpty || problem.hint?.contains(hint) == true, "\(problem)")
    }

    @Test(arguments: [
        (#"{"if": [{"==": [{"var": "a"}, 1]}, "on", "off"]}"#, "/flags/f/targeting/if/1 and 1 more"),
        (#"{"==": [{"var": "a"}, 1]}"#, "/flags/f/targeting"),
        (#"{"fractional": [["on", 1], ["off", 99]]}"#, "/flags/f/targeting/fractional/0/0 and 1 more"),
    ])
    func aRolloutNobodyReachesIsRefusedNamingTheBranch(targeting: String, places: String) throws {
        let members = #""targeting": \#(targeting), "rollout": {"variant": "on", "percentage": 5}"#
        let (_, problems) = try readDocument(DocumentProblemTests.flag(members))
        let problem = try #require(problems.first { $0.pointer.description == "/flags/f/rollout" })
        #expect(problem.message.contains("never gives null") && problem.message.contains(places), "\(problem)")
    }

    @Test(arguments: [
        #"{"if": [{"==": [{"var": "a"}, 1]}, "on"]}"#, #"{"if": [{"==": [{"var": "a"}, 1]}, "on", null]}"#, "{}",
        #"{"var": "variant"}"#, #"{"fractional": [["on", 1], [null, 99]]}"#, #"{"or": [{"var": "a"}, {"var": "b"}]}"#,
    ])
    func aRolloutBehindWhatCanBeNullIsTaken(targeting: String) throws {
        let members = #""targeting": \#(targeting), "rollout": {"variant": "on", "percentage": 5}"#
        let (document, problems) = try readDocument(DocumentProblemTests.flag(members))
        #expect(!problems.contains { $0.severity == .error } && document.flags.count == 1, "\(problems)")
    }

    @Test func everythingComesBackFromTheStoredForm() throws {
        let text = #"""
            {"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
              "offVariant": "on", "prerequisites": [{"flag": "g", "variant": "x"}],
              "rollout": {"variant": "on", "percentage": 12.25, "pilots": ["p"], "bucketBy": "company", "salt": "s",
                "exclude": {"users": ["ann"], "pilots": ["q"]}}}},
             "pilots": {"p": {"rule": {"==": [{"var": "plan"}, "gold"]}, "percentage": 0.5, "exclude": ["bob"]},
                        "q": {"members": ["cid"]}}}
            """#
        let (document, problems) = try readDocument(text)
        #expect(problems.isEmpty, "\(problems)")
        let flag = try #require(document.flags.first)
        let stored = try #require(JSONReader.read(flag.storedBytes).value)
        var again: [Problem] = []
        let read = FlagDefinition.read(
            key: "f", stored, at: JSONPointer(), lenient: false, knownPilots: { _ in true }, problems: &again)
        #expect(read == flag && again.isEmpty)
        #expect(
            document.pilots.map(\.storedBytes) == [
                Array(#"{"exclude":["bob"],"percentage":0.5,"rule":{"==":[{"var":"plan"},"gold"]}}"#.utf8),
                Array("{}".utf8),
            ])
    }
}
