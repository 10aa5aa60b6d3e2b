import ArgumentParser
import JSON
import Testing

@testable import pilotlight

/// What the commands of components ask for, and what they print.
@Suite struct ComponentCommandTests {
    private static let component: JSONValue = [
        "name": "shop",
        "versions": [
            "1.0": ["upstream": "blue"], "1.1": ["upstream": "green"], "2.0": ["upstream": "red", "state": "RETIRED"],
        ],
        "defaultVersion": "1.0",
        "pilots": [["pilot": "early", "version": "1.1"], ["pilot": "brave", "version": "2.0"]],
        "split": [["1.0", 4_000], ["1.1", 500], .array([.null, 250]), ["1.0", 5_000], .array([.null, 250])],
        "rollout": ["variant": "1.1", "percentage": 5], "bucketBy": .null, "killed": .null,
        "revision": Rendered.revision,
    ]

    private static let release: JSONValue = [
        "name": "autumn", "state": "running", "stage": ["index": 1, "count": 2, "name": "staff"], "opens": .null,
        "version": "1.1", "share": 60, "pilots": ["staff"],
    ]

    private static func component(with members: JSONObject) -> JSONValue {
        guard var all = component.objectValue else { return .null }
        for member in members { all[member.key] = member.value }
        return .object(all)
    }

    private func parsed<Command>(_ words: String, as _: Command.Type) throws -> Command {
        let words = words.split(separator: " ").map(String.init)
        return try #require(try PilotlightCommand.parseAsRoot(["component"] + words) as? Command)
    }

    // MARK: What is asked

    @Test func aRampAsksForWhatWasGiven() throws {
        #expect(try parsed("ramp c --percent 5", as: ComponentRampCommand.self).body == ["percentage": 5])
        #expect(
            try parsed("ramp c --version 1.1 --percent 100 --over 2h --no-pilots", as: ComponentRampCommand.self).body
                == ["percentage": 100, "version": "1.1", "pilots": [], "overSeconds": 7_200])
        #expect(throws: (any Error).self) {
            try PilotlightCommand.parseAsRoot(["component", "ramp", "c", "--off", "x"])
        }
    }

    @Test func aSplitIsASharePerVersion() throws {
        let split = try parsed("split c 1.0=89.5 2.0-beta+7=10% 3=0", as: ComponentSplitCommand.self)
        #expect(split.body == ["split": ["1.0": 89.5, "2.0-beta+7": 10, "3": 0]])
        for wrong in ["1.0", "=10", "1.0=", "1.0=x", "1.0=101", "1.0=0.001", "1.0=1 1.0=2"] {
            #expect(throws: (any Error).self, "\(wrong)") {
                try parsed("split c \(wrong)", as: ComponentSplitCommand.self)
            }
        }
    }

    @Test func pilotsGetVersionsOrNone() throws {
        let pilot = try parsed("pilot c early=1.1 brave=", as: ComponentPilotCommand.self)
        #expect(pilot.body == ["pilots": ["early": "1.1", "brave": .null]])
        for wrong in ["", "early", "=1.1", "early=1.1 early="] {
            #expect(throws: (any Error).self, "\(wrong)") {
                try parsed("pilot c \(wrong)", as: ComponentPilotCommand.self)
            }
        }
    }

    @Test func aKillMayNameItsVersion() throws {
        #expect(try parsed("kill c", as: ComponentKillCommand.self).body == [:])
        #expect(try parsed("kill c --to 1.1", as: ComponentKillCommand.self).body == ["version": "1.1"])
    }

    /// The name of an option that ArgumentParser would have for itself.
    @Test func aVersionIsTheComponents() throws {
        let create = try parsed("create c --version 1.0 --upstream blue", as: ComponentCreateCommand.self)
        #expect(create.version == "1.0" && create.upstream.name == "blue")
        let refusal = #expect(throws: (any Error).self) {
            try PilotlightCommand.parseAsRoot(["component", "create", "--version", "1.0"])
        }
        #expect(refusal.map { PilotlightCommand.exitCode(for: $0) } == .validationFailure)
        let variables = OptionVariables(commandTree: PilotlightCommand._dumpHelp())
        #expect(!variables.all(for: ["component", "create"]).contains { $0.option == "--version" })
        #expect(!variables.all(for: ["component", "show"]).contains { $0.option == "--version" })
    }

    @Test func oneThingIsAskedFor() throws {
        let explain = try #require(
            try PilotlightCommand.parseAsRoot(["explain", "--component", "c"]) as? ExplainCommand)
        #expect(explain.subject.list == "components" && explain.subject.name == ("c", true))
        for wrong in [["explain"], ["explain", "k", "--component", "c"]] {
            #expect(throws: (any Error).self) { try PilotlightCommand.parseAsRoot(wrong) }
        }
        for wrong in ["who c --column id", "who c --context a=b"] {
            #expect(throws: (any Error).self) { try parsed(wrong, as: ComponentWhoCommand.self) }
        }
    }

    // MARK: What is printed

    @Test func whoGetsWhatAsItIsSet() throws {
        #expect(
            try Rendered.text("component who shop", Self.component) == """
                WHO                  VERSION                    UPSTREAM  SHARE
                pilot group early    1.1                        green     –
                pilot group brave    1.0, since 2.0 is retired  blue      –
                rollout: 5 % of 1.1  1.1                        green     –
                9000 slots           1.0                        blue      90 %
                500 slots            1.1                        green     5 %
                everyone else        1.0                        blue      5 %
                the first that a user is in, of shop in production at revision 41 (epoch 2)
                """)
        let killed = Self.component(with: [
            "killed": ["variant": "1.1", "value": "1.1"], "split": .null, "pilots": [], "rollout": .null,
        ])
        #expect(
            try Rendered.text("component who shop", killed, .plain)
                == "everyone, while it is killed\t1.1\tgreen\t100 %\neveryone else\t1.0\tblue\t–")
        let released = Self.component(with: [
            "release": Self.release, "pilots": [["pilot": "early", "version": "1.0"]],
        ])
        #expect(
            try Rendered.text("component who shop", released, .plain).hasPrefix(
                """
                pilot group early\t1.0\tblue\t–
                release autumn, running, stage 1 of 2 (staff), pilots staff\t1.1\tgreen\t60 %
                rollout: 5 % of 1.1\t1.1\tgreen\t–
                """))
        let companies = Self.component(with: ["bucketBy": "companyId", "split": [["1.1", 10_000]], "pilots": []])
        #expect(
            try Rendered.text("component who shop", companies, .plain)
                .contains("\n10000 slots by companyId\t1.1\tgreen\t100 %\neveryone else\t1.0\tblue\t–"))
    }

    @Test func whoGetsWhatCounted() throws {
        var tally = WhoTally()
        for _ in 0..<2 {
            try tally.add([
                "component": "shop", "users": 2, "revision": Rendered.revision,
                "variants": [
                    ["variant": "1.1", "reason": "TARGETING_MATCH", "count": 1, "share": 50],
                    ["variant": "1.0", "reason": "DEFAULT", "count": 1, "share": 50],
                ],
            ])
        }
        #expect(tally.json["component"] == "shop" && tally.json["flag"] == nil)
        #expect(
            try Rendered.text("component who shop --keys-from f", tally.json) == """
                VERSION  REASON           USERS  SHARE
                1.0      DEFAULT          2      50 %
                1.1      TARGETING_MATCH  2      50 %
                4 users of shop in production at revision 41 (epoch 2)
                """)
    }

    @Test func aListSaysItAll() throws {
        let killed = Self.component(with: [
            "killed": ["variant": "1.0"], "name": "web", "split": .null, "pilots": [], "release": Self.release,
        ])
        let answer: JSONValue = ["components": [Self.component, killed], "revision": Rendered.revision]
        let release = "autumn, running, stage 1 of 2 (staff): 1.1 for 60 %, pilots staff"
        let row = "\t1.0\t1.0, 1.1, 2.0 (retired)\t"
        #expect(
            try Rendered.text("component list", answer, .plain) == """
                shop\(row)early 1.1, brave 2.0\t5 % of 1.1\t1.0 90 %, 1.1 5 %, default 5 %\t–\t–
                web\(row)–\t5 % of 1.1\t–\teveryone gets 1.0\t\(release)
                """)
        #expect(
            try Rendered.text("component list", answer)
                .hasSuffix("\n2 components, 1 killed, in production at revision 41 (epoch 2)"))
        #expect(try Rendered.text("component list", answer, .coloured).contains("\u{1B}[31meveryone gets 1.0"))
    }

    @Test func aDefinitionShowsItsSplitInShares() throws {
        let shown = try Rendered.text("component show shop", Self.component)
        #expect(shown.contains("\"split\": {\n    \"1.0\": 90,\n    \"1.1\": 5\n  }"), "\(shown)")
        #expect(!shown.contains("\"killed\"") && !shown.contains("\"revision\""), "\(shown)")
        #expect(shown.hasSuffix("}\nrollout: 5 % of 1.1\nat revision 41 (epoch 2)"), "\(shown)")
        let killed = Self.component(with: ["killed": ["variant": "1.1", "value": "1.1"]])
        #expect(try Rendered.text("component show shop", killed).hasPrefix("KILLED: everyone gets 1.1\n{\n"))
        let released = try Rendered.text("component show shop", Self.component(with: ["release": Self.release]))
        let line = "RELEASE: autumn, running, stage 1 of 2 (staff): 1.1 for 60 %, pilots staff\n{\n"
        #expect(released.hasPrefix(line) && !released.contains("\"release\""), "\(released)")
        // Members of what was before a split stay as they are.
        #expect(ShownComponent.legible(["split": .null, "salt": "s"]) == ["split": .null, "salt": "s"])
        #expect(ShownComponent.legible("text") == "text")
    }

    @Test func theHistoryShowsIt() throws {
        let entry: JSONValue = [
            "revision": Rendered.revision, "time": "2026-01-31T10:20:30.123Z", "actor": "ann", "message": "",
            "event": "change",
            "diff": [
                [
                    "op": "change", "kind": "component", "key": "shop", "detail": "split: 1.1 10 % → 20 %",
                    "before": ["defaultVersion": "1.0", "split": [["1.1", 1_000], .array([.null, 9_000])]],
                    "after": ["defaultVersion": "1.0", "split": [["1.1", 2_000], .array([.null, 8_000])]],
                ]
            ],
        ]
        #expect(
            try Rendered.text("history show 41", entry).hasSuffix(
                """
                ~ component shop  split: 1.1 10 % → 20 %
                    {
                      "defaultVersion": "1.0",
                      "split": {
                  −     "1.1": 10
                  +     "1.1": 20
                      }
                    }
                """))
    }

    @Test func changesAreDifferences() throws {
        let answer: JSONValue = [
            "revision": Rendered.revision, "published": true,
            "diff": [["op": "change", "kind": "component", "key": "shop", "detail": "versions: 1.0 retired"]],
            "warnings": [["document": "component \"shop\"", "message": "odd"]],
        ]
        for words in [
            "add-version shop 1.0", "retire-version shop 1.0", "split shop 1.0=3", "pilot shop g=1.0",
            "ramp shop --percent 5",
        ] {
            #expect(
                try Rendered.text("component \(words)", answer) == """
                    ~ component shop  versions: 1.0 retired
                    warning: component "shop": odd
                    revision 41 (epoch 2)
                    """)
        }
        let kill: JSONValue = [
            "revision": Rendered.revision, "published": true,
            "diff": [["op": "add", "kind": "component-kill", "key": "shop", "after": ["variant": "1.0"]]],
        ]
        #expect(try Rendered.text("component kill shop", kill) == "shop: killed, serves 1.0\nrevision 41 (epoch 2)")
    }

    @Test func answersNameTheVersion() {
        let explanation: JSONValue = [
            "component": "shop", "variant": "1.1", "value": "1.1", "reason": "TARGETING_MATCH", "steps": [],
        ]
        #expect(ExplanationText.of(explanation, .plain) == "component shop: 1.1 · TARGETING_MATCH")
        let answer = SocketLookup.Answer(
            status: 200, body: ["component": "shop", "version": "1.1", "upstream": "green", "reason": "STATIC"],
            freshness: nil)
        #expect(LookupCommand.text(answer, .plain) == "1.1\nupstream green · STATIC")
        #expect(
            LookupCommand.hint(for: "FLAG_NOT_FOUND", key: "c", isComponent: true, known: [])?
                .contains("component list") == true)
    }

    @Test func aLookAheadCountsThemApart() {
        let answer: JSONValue = [
            "users": 4, "usersTouched": 3,
            "blastRadius": [
                ["component": "shop", "changed": 2, "of": 4, "moves": [["from": "1.0", "to": "1.1", "count": 2]]],
                ["flag": "a", "changed": 1, "of": 4, "moves": []],
            ],
        ]
        #expect(
            BlastRadiusText.lines(answer, .plain) == [
                "blast radius: component shop changes for 2 of 4 users, 50 %", "  1.0 → 1.1  2",
                "blast radius: a changes for 1 of 4 users, 25 %",
                "blast radius: 1 flag, 1 component, 3 of 4 users, 75 %",
            ])
    }

    @Test func aFlagSaysWhatItRequires() {
        let flag: JSONValue = [
            "prerequisites": [["component": "shop", "version": "1.1"], ["flag": "basket", "variant": "new"]]
        ]
        #expect(RolloutText.prerequisites(of: flag) == "component shop gives 1.1, basket gives new")
    }
}
