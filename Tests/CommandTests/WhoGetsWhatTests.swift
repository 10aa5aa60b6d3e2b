import ArgumentParser
import Foundation
import JSON
import Testing

@testable import pilotlight

/// Rollouts, kills, explanations and counts in words.
@Suite struct WhoGetsWhatTests {
    private static let ramp: JSONValue = ["from": 5, "to": 100, "start": 1_764_000_000, "end": 1_764_007_200]

    // MARK: What is asked

    @Test func aRampAsksForWhatWasGiven() throws {
        func body(_ words: String) throws -> JSONObject {
            let words = words.split(separator: " ").map { $0 == "nothing" ? "" : String($0) }
            let all = ["flag", "ramp", "f"] + words
            return try #require(try PilotlightCommand.parseAsRoot(all) as? FlagRampCommand).body
        }
        #expect(try body("--percent 5%") == ["percentage": 5])
        #expect(
            try body("--percent 0.25 --no-pilots --no-exclude") == ["percentage": 0.25, "pilots": [], "exclude": []])
        #expect(
            try body(
                "--variant on --percent 100 --off none --pilot a --pilot b --exclude user:c --by companyId --salt nothing --over 2h"
            ) == [
                "percentage": 100, "variant": "on", "offVariant": "none", "pilots": ["a", "b"], "exclude": ["user:c"],
                "bucketBy": "companyId", "salt": "", "overSeconds": 7_200,
            ])
        for wrong in [
            "", "--percent 101", "--percent 0.001", "--percent -1", "--percent x", "--percent 5 --over 500ms",
            "--percent 5 --pilot a --no-pilots", "--percent 5 --exclude a --no-exclude",
        ] {
            #expect(throws: (any Error).self, "\(wrong)") { try body(wrong) }
        }
    }

    @Test func aKillMayNameItsVariant() throws {
        func body(_ words: String...) throws -> JSONObject {
            try #require(try PilotlightCommand.parseAsRoot(["flag", "kill", "f"] + words) as? FlagKillCommand).body
        }
        #expect(try body() == [:])
        #expect(try body("--to", "readonly") == ["variant": "readonly"])
    }

    @Test func aGroupsTermsAreWhatWasGiven() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(#"{"==": [{"var": "plan"}, "gold"]}"#.utf8).write(to: file)
        let words = [
            "pilot", "create", "g", "--rule", file.path, "--percent", "2.5", "--exclude", "a", "--exclude", "b",
        ]
        let command = try #require(try PilotlightCommand.parseAsRoot(words) as? PilotCreateCommand)
        #expect(
            try command.terms.body() == [
                "rule": ["==": [["var": "plan"], "gold"]], "percentage": 2.5, "exclude": ["a", "b"],
            ])
        try Data("{\n \"a\": 1,\n \"a\": 2\n}".utf8).write(to: file)
        let refusal = #expect(throws: CommandRefusal.self) { try command.terms.body() }
        #expect(refusal?.reason.hasPrefix("\(file.path):3:2: ") == true, "\(refusal?.reason ?? "")")
        #expect(throws: (any Error).self) { try PilotlightCommand.parseAsRoot(["pilot", "edit", "g"]) }
        #expect(throws: (any Error).self) {
            try PilotlightCommand.parseAsRoot(["pilot", "edit", "g", "--no-rule", "--rule", "r"])
        }
    }

    @Test func keysNeedALookAhead() {
        for wrong in ["apply f --keys-from k", "apply - --dry-run --keys-from -", "apply f --dry-run --column c"] {
            #expect(throws: (any Error).self, "\(wrong)") {
                try PilotlightCommand.parseAsRoot(wrong.split(separator: " ").map(String.init))
            }
        }
    }

    @Test func explainGoesToAnAgentOnlyWhereToldTo() throws {
        let command = try PilotlightCommand.parseAsRoot(["explain", "f", "--socket", "s"])
        #expect((command as? ExplainCommand)?.socket == "s")
        let variables = OptionVariables(commandTree: PilotlightCommand._dumpHelp())
        #expect(!variables.all(for: ["explain"]).contains { $0.variable == "PILOTLIGHT_SOCKET" })
        #expect(variables.all(for: ["lookup"]).contains { $0.variable == "PILOTLIGHT_SOCKET" })
    }

    // MARK: Rollouts

    @Test(
        arguments: [
            (["variant": "on", "percentage": 5, "pilots": ["early-birds"]], "5 % of on, pilots early-birds"),
            (["variant": "on"], "0 % of on"),
            (
                [
                    "variant": "on", "percentage": 0.25,
                    "exclude": ["users": ["ann", "b\u{1B}"], "pilots": ["staff"]],
                    "bucketBy": "companyId", "salt": "spring",
                ], "0.25 % of on, without ann b\\u{1B}, without pilots staff, by companyId, salt spring"
            ),
            (
                ["variant": "on", "exclude": ["users": ["a", "b", "c", "d", "e", "f", "g"]]],
                "0 % of on, without a b c d e and 2 more"
            ),
            (
                ["variant": "on", "ramp": ramp],
                "5 % → 100 % of on until 2025-11-24 18:00:00 UTC, 52.5 % now"
            ),
        ] as [(JSONValue, String)])
    func rollouts(_ rollout: JSONValue, _ words: String) {
        #expect(RolloutText.of(rollout, at: 1_764_003_600) == words)
    }

    @Test func rampsBeforeAndAfter() {
        let rollout: JSONValue = ["variant": "on", "ramp": Self.ramp]
        #expect(
            RolloutText.of(rollout, at: 1_763_999_999)
                == "5 % → 100 % of on from 2025-11-24 16:00:00 UTC until 2025-11-24 18:00:00 UTC")
        #expect(RolloutText.of(rollout, at: 1_764_007_200) == "5 % → 100 % of on, done 2025-11-24 18:00:00 UTC")
        #expect(RolloutText.of(.null, at: 0) == nil && RolloutText.of(nil, at: 0) == nil)
    }

    private static let killed: JSONValue = [
        "key": "a", "state": "ENABLED", "defaultVariant": "off", "variants": ["on": true, "off": false],
        "rollout": ["variant": "on", "percentage": 5], "offVariant": "off",
        "prerequisites": [["flag": "basket", "variant": "new"]], "killed": ["variant": "off", "value": false],
        "revision": Rendered.revision,
    ]

    @Test func aFlagSaysWhoGetsWhat() {
        let shown = FlagShowCommand.text(for: Self.killed, at: 0, .colourless)
        #expect(shown.hasPrefix("KILLED: everyone gets off (false)\n{\n  \"key\": \"a\","))
        #expect(!shown.contains("\"killed\""))
        #expect(
            shown.hasSuffix(
                """
                }
                rollout: 5 % of on
                requires: basket gives new
                a kill serves: off
                at revision 41 (epoch 2)
                """))
        let armed: JSONValue = [
            "key": "a", "killed": .null,
            "release": [
                "name": "autumn", "state": "armed", "stage": .null, "opens": "2026-12-01T09:00:00Z", "variant": "on",
                "share": 0, "pilots": [],
            ],
        ]
        #expect(
            FlagShowCommand.text(for: armed, at: 0, .colourless).hasPrefix(
                "RELEASE: autumn, armed, opens 2026-12-01 09:00:00 UTC: on for nobody yet\n{\n  \"key\": \"a\"\n}"))
        #expect(FlagShowCommand.text(for: Self.killed, at: 0, .coloured).hasPrefix("\u{1B}[31mKILLED"))
    }

    @Test func aListShowsKillsAndRollouts() throws {
        var disabled = try #require(Self.killed.objectValue)
        disabled["state"] = "DISABLED"
        disabled["key"] = "b"
        let answer: JSONValue = ["revision": Rendered.revision, "flags": [Self.killed, .object(disabled)]]
        let words = "killed: everyone gets off (false); 5 % of on; requires basket gives new"
        let disabledWords = words.replacing("gets off (false)", with: "would get off (false), were it not disabled")
        #expect(
            try Rendered.text("flag list", answer, .plain)
                == "a\tKILLED\toff\ton off\t–\t\(words)\t–\nb\tDISABLED\toff\ton off\t–\t\(disabledWords)\t–")
        #expect(
            try Rendered.text("flag list", answer).hasSuffix(
                "\n2 flags, 2 killed, in production at revision 41 (epoch 2)"))
        #expect(try Rendered.text("flag list", answer, .coloured).contains("\u{1B}[31mKILLED"))
    }

    // MARK: Changes

    @Test func aRampSaysWhenItEnds() throws {
        let answer: JSONValue = [
            "revision": Rendered.revision, "published": true,
            "diff": [
                [
                    "op": "change", "kind": "flag", "key": "a", "detail": "rollout: 5 % of on → 5 % → 100 % of on",
                    "before": ["rollout": ["variant": "on", "percentage": 5]],
                    "after": ["rollout": ["variant": "on", "ramp": Self.ramp]],
                ]
            ],
            "warnings": [["document": "flag \"a\"", "message": "is disabled"]],
        ]
        #expect(
            try Rendered.text("flag ramp a --percent 100 --over 2h", answer) == """
                ~ flag a  rollout: 5 % of on → 5 % → 100 % of on
                it ends at 100 % on 2025-11-24 18:00:00 UTC
                warning: flag "a": is disabled
                revision 41 (epoch 2)
                """)
    }

    @Test func aKillSaysWhatIsServedAndWhatIsOdd() throws {
        let answer: JSONValue = [
            "revision": Rendered.revision, "published": true,
            "diff": [
                [
                    "op": "add", "kind": "kill", "key": "a", "detail": "killed, serves off",
                    "after": ["variant": "off", "value": ["x": 1]],
                ]
            ], "warnings": [["document": "flag \"a\"", "message": "is disabled: the kill changes no answer now"]],
        ]
        #expect(
            try Rendered.text("flag kill a", answer) == """
                a: killed, serves off ({"x":1})
                warning: flag "a": is disabled: the kill changes no answer now
                revision 41 (epoch 2)
                """)
        let again: JSONValue = [
            "revision": Rendered.revision, "published": false, "diff": [],
            "warnings": [["message": "is killed already"]],
        ]
        #expect(
            try Rendered.text("flag kill a", again)
                == "a: killed\nwarning: is killed already\nnothing to change: revision 41 (epoch 2)")
    }

    @Test func anEditedGroupShowsTheDifference() throws {
        let answer: JSONValue = [
            "revision": Rendered.revision, "published": true,
            "diff": [["op": "change", "kind": "pilot", "key": "g", "detail": "percentage: 5 % → 10 %"]],
        ]
        #expect(
            try Rendered.text("pilot edit g --percent 10", answer)
                == "~ pilot g  percentage: 5 % → 10 %\nrevision 41 (epoch 2)")
    }

}
