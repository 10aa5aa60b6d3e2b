import ArgumentParser
import Foundation
import JSON
import Testing

@testable import pilotlight

/// What commands print, on a terminal and in a pipe.
@Suite struct RenderingTests {
    @Test func flagList() throws {
        let answer: JSONValue = [
            "revision": Rendered.revision,
            "flags": [
                [
                    "key": "a", "state": "ENABLED", "defaultVariant": "on", "variants": ["on": true, "off": false],
                    "targeting": ["if": [true, "on", "off"]],
                ],
                ["key": "longer", "state": "DISABLED", "variants": ["x": 1], "targeting": .null],
            ],
        ]
        #expect(
            try Rendered.text("flag list", answer) == """
                FLAG    STATE     DEFAULT  VARIANTS  TARGETING  ROLLOUT  RELEASE
                a       ENABLED   on       on off    yes        –        –
                longer  DISABLED  –        x         –          –        –
                2 flags in production at revision 41 (epoch 2)
                """)
        #expect(
            try Rendered.text("flag list", answer, .plain)
                == "a\tENABLED\ton\ton off\tyes\t–\t–\nlonger\tDISABLED\t–\tx\t–\t–\t–")
    }

    @Test func flagShow() throws {
        let answer: JSONValue = ["key": "a", "state": "ENABLED", "revision": Rendered.revision]
        #expect(
            try Rendered.text("flag show a", answer) == """
                {
                  "key": "a",
                  "state": "ENABLED"
                }
                at revision 41 (epoch 2)
                """)
    }

    @Test(
        arguments: [
            ("flag default a on", "a: default variant on"), ("flag enable a", "a: enabled"),
            ("flag disable a", "a: disabled"), ("flag delete a --yes", "a: deleted"),
            ("flag kill a", "a: killed"), ("flag unkill a", "a: not killed"),
            ("component create c --version 1", "c: created, version 1 for everyone"),
            ("component default c 2", "c: default version 2"), ("component kill c", "c: killed"),
            ("component unkill c", "c: not killed"), ("component delete c --yes", "c: deleted"),
            ("pilot create g", "g: created"), ("pilot delete g --yes", "g: deleted"),
            ("pilot add g x y", "g: 2 members added"), ("pilot remove g x y", "g: 2 members removed"),
        ])
    func changes(_ words: String, _ line: String) throws {
        let done: JSONValue = ["revision": Rendered.revision, "published": true, "changed": 2]
        #expect(try Rendered.text(words, done) == "\(line)\nrevision 41 (epoch 2)")
        let idle: JSONValue = ["revision": Rendered.revision, "published": false, "changed": 2]
        #expect(try Rendered.text(words, idle) == "\(line)\nnothing to change: revision 41 (epoch 2)")
    }

    @Test func pilots() throws {
        let list: JSONValue = [
            "pilots": [
                ["name": "g", "members": 2, "rule": .null, "percentage": .null, "exclude": []],
                ["name": "early", "members": 0, "rule": ["==": [1, 1]], "percentage": 2.5, "exclude": ["bob"]],
            ]
        ]
        #expect(
            try Rendered.text("pilot list", list) == """
                PILOT GROUP  MEMBERS  BESIDES
                g            2        –
                early        0        rule, 2.5 %, less 1 user
                2 pilot groups in production
                """)
        #expect(try Rendered.text("pilot list", list, .plain) == "g\t2\t–\nearly\t0\trule, 2.5 %, less 1 user")
        // A pipe gets the members and nothing but them.
        let members: JSONValue = ["members": ["ann", "bob"]]
        #expect(try Rendered.text("pilot show g", members) == "ann\nbob\n2 members in g")
        #expect(try Rendered.text("pilot show g", members, .plain) == "ann\nbob")
        #expect(try Rendered.text("pilot show g", ["members": []], .plain) == "")
        #expect(try Rendered.text("pilot show g --members", members) == "ann\nbob")
        let odd: JSONValue = ["members": ["ann", "b,ob", "c\"y\"", "d\ne"]]
        #expect(try Rendered.text("pilot show g --csv", odd) == "member\nann\n\"b,ob\"\n\"c\"\"y\"\"\"\n\"d\ne\"")
        let ruled: JSONValue = [
            "members": ["ann"], "rule": ["==": [["var": "plan"], "gold"]], "percentage": 5, "exclude": ["bob", "cy"],
        ]
        #expect(
            try Rendered.text("pilot show g", ruled) == """
                ann
                rule: {"==":[{"var":"plan"},"gold"]}
                percentage: 5 %
                never: bob, cy
                1 member in g
                """)
        #expect(try Rendered.text("pilot show g", ruled, .plain) == "ann")
    }

    @Test func environments() throws {
        let answer: JSONValue = [
            "environments": [
                [
                    "name": "production", "bucketing": "v2", "revision": Rendered.revision, "flags": 3, "pilots": 1,
                    "entries": 9, "components": 2, "blocked": ["reason": "ahead", "detail": "agent a is ahead"],
                ]
            ]
        ]
        #expect(
            try Rendered.text("environment list", answer) == """
                ENVIRONMENT  BUCKETING  EPOCH  REVISION  FLAGS  PILOTS  ENTRIES  WRITES   COMPONENTS
                production   v2         2      41        3      1       9        blocked  2
                production takes no writes: agent a is ahead
                  hint: `pilotlight environment new-epoch production` shows what the agents hold
                """)
        #expect(
            try Rendered.text("environment list", answer, .plain)
                == "production\tv2\t2\t41\t3\t1\t9\tblocked\ttakes no writes: agent a is ahead\t2")
        #expect(
            try Rendered.text("environment create x", ["revision": Rendered.revision])
                == "x: created, bucketing v2\nrevision 41 (epoch 2)")
    }

    @Test func newEpoch() {
        let answer: JSONValue = [
            "current": Rendered.revision, "entries": 9, "digest": "0123456789abcdef0123", "next": Rendered.revision,
            "revision": Rendered.revision,
            "agents": [["name": "a", "revision": Rendered.revision, "entries": 10, "digest": "fedcba9876543210ff"]],
        ]
        #expect(
            EnvironmentNewEpochCommand.text(for: answer, isDone: false, .colourless) == """
                HOLDER             REVISION  EPOCH  ENTRIES  DIGEST
                this control node  41        2      9        0123456789abcdef
                agent a            41        2      10       fedcba9876543210
                a new epoch would begin at revision 41 (epoch 2); every agent then takes this control node's entries in \
                place of its own
                """)
        #expect(
            EnvironmentNewEpochCommand.text(for: answer, isDone: true, .plain)
                .hasSuffix("\nnew epoch begun: revision 41 (epoch 2)"))
    }

    @Test func fleet() throws {
        let answer: JSONValue = [
            "revision": Rendered.revision,
            "agents": [
                [
                    "id": "1f", "name": "shop", "state": "live", "revision": Rendered.revision, "lag": 0,
                    "lastSeenSeconds": 0.42, "service": "shop", "version": "1.4", "health": "failing", "skewMs": -1_449,
                    "quarantined": ["flag:x"],
                ],
                [
                    "id": "2f", "name": "web", "state": "gone", "revision": .null, "lastSeenSeconds": 7300,
                    "health": "unchecked", "skewMs": 3,
                ],
            ],
        ]
        #expect(
            try Rendered.text("fleet", answer) == """
                ID  NAME  STATE  REVISION  LAG  LAST SEEN  SERVICE   NOTES                HEALTH   CLOCK
                1f  shop  live   41        0    0.4 s      shop 1.4  quarantined: flag:x  failing  −1.4 s
                2f  web   gone   –         –    2 h        –                              –        +3 ms
                2 agents in production, control at revision 41 (epoch 2)
                """)
        #expect(
            try Rendered.text("fleet", answer, .plain).hasPrefix(
                "1f\tshop\tlive\t41\t0\t0.4 s\tshop 1.4\tquarantined: flag:x\tfailing\t−1.4 s\n")
        )
        #expect(try Rendered.text("fleet", answer, .coloured).contains("\u{1B}[32mlive\u{1B}[0m"))
        #expect(try Rendered.text("fleet forget 1f", [:]) == "1f: forgotten")
    }

    // MARK: The rest

    @Test func export() throws {
        let document: JSONValue = ["flags": ["a": ["state": "ENABLED"]]]
        #expect(ExportCommand.text(of: document) == document.prettyText())
        #expect(ExportCommand.warning(bytes: InputFile.largest - 1, environment: "e") == nil)
        let warning = try #require(ExportCommand.warning(bytes: InputFile.largest, environment: "e"))
        #expect(warning.contains("17 MB") && warning.contains("hint:") && warning.contains("--environment e"))
        // What would only be too large for its indentation isn't indented.
        var deep = JSONValue.array(Array(repeating: 1, count: 90_000))
        for _ in 0..<100 { deep = [deep] }
        #expect(deep.prettyText().utf8.count > InputFile.largest)
        let isCompact = ExportCommand.text(of: deep) == deep.compactText()
        #expect(isCompact)
    }

    @Test func lookup() {
        let answer = SocketLookup.Answer(
            status: 200, body: ["key": "a", "value": ["x": 1], "variant": "on", "reason": "STATIC"], freshness: nil)
        #expect(LookupCommand.text(answer, .plain) == "{\"x\":1}\nvariant on · STATIC")
        let disabled = SocketLookup.Answer(status: 200, body: ["key": "a", "reason": "DISABLED"], freshness: nil)
        #expect(LookupCommand.text(disabled, .plain) == "(no value: the caller's default)\nDISABLED")
    }

    @Test func dev() {
        #expect(DevGreeting.text(port: 7460, "s", .plain).contains("flags.json\n  pilotlight lookup greeting"))
        #expect(DevGreeting.text(port: 1, "s", .plain).contains("--control-url http://127.0.0.1:1\n"))
        let json = JSONReader.read(DevGreeting.json(port: 1, "s")).value
        #expect(json == ["controlUrl": "http://127.0.0.1:1", "socket": "s"])
    }
}
