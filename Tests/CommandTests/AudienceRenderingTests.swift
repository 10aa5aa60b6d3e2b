import JSON
import Testing

@testable import pilotlight

/// Explanations, counts and looks ahead in words.
@Suite struct AudienceRenderingTests {
    @Test func anExplanationIsATree() {
        let explanation: JSONValue = [
            "key": "a", "variant": "on", "value": true, "reason": "TARGETING_MATCH", "time": 1_764_000_000,
            "steps": [
                [
                    "what": "targeting", "result": .null,
                    "children": [["what": "{\"var\":\"plan\"}", "result": "g\u{1B}old"]],
                ],
                [
                    "what": "rollout of on", "result": "on",
                    "children": [["what": "within 5 % of everybody", "result": true, "detail": "bucket 321 of 10000"]],
                ],
                ["what": "gathered"],
            ],
        ]
        #expect(
            ExplanationText.of(explanation, revision: Rendered.revision, .plain) == """
                a: on (true) · TARGETING_MATCH · revision 41 (epoch 2)
                  targeting: null
                    {"var":"plan"}: g\\u{1B}old
                  rollout of on: on
                    within 5 % of everybody: true  bucket 321 of 10000
                  gathered
                """)
        let none: JSONValue = [
            "key": "a", "variant": .null, "value": .null, "reason": "ERROR", "errorCode": "PARSE_ERROR", "steps": [],
        ]
        #expect(ExplanationText.of(none, .plain) == "a: (no value: the caller's default) · ERROR · PARSE_ERROR")
    }

    @Test func countsOfSeveralRequestsAreOne() throws {
        func part(_ users: Int64, _ rows: JSONValue, _ revision: JSONValue = Rendered.revision) -> JSONValue {
            ["flag": "a", "users": .integer(users), "variants": rows, "revision": revision]
        }
        var tally = WhoTally()
        try tally.add(
            part(
                3,
                [
                    ["variant": "on", "reason": "TARGETING_MATCH", "count": 1, "share": 33.33],
                    ["variant": "off", "reason": "DEFAULT", "count": 2, "share": 66.67],
                ]))
        try tally.add(part(1, [["variant": .null, "reason": "ERROR", "count": 1, "share": 100]]))
        try tally.add(part(2, [["variant": "off", "reason": "DEFAULT", "count": 2, "share": 100]]))
        #expect(
            try Rendered.text("who a --keys-from f", tally.json) == """
                VARIANT  REASON           USERS  SHARE
                off      DEFAULT          4      66.67 %
                –        ERROR            1      16.67 %
                on       TARGETING_MATCH  1      16.67 %
                6 users of a in production at revision 41 (epoch 2)
                """)
        #expect(try Rendered.text("who a --keys-from f", tally.json, .plain).hasPrefix("off\tDEFAULT\t4\t66.67 %\n"))
        #expect(tally.json["users"] == 6)
        #expect(tally.json["variants"]?.arrayValue?.first?["share"] == 66.67)
        #expect(throws: CommandRefusal.self) { try tally.add(part(1, [], ["number": 42])) }
    }

    @Test(arguments: [
        (0, 7, "0 %"), (1, 3, "33.33 %"), (1, 2, "50 %"), (1, 8, "12.5 %"), (1, 1_000, "0.1 %"),
        (1, 50, "2 %"), (7, 10_000, "0.07 %"), (1, 1_000_000, "<0.01 %"), (3, 3, "100 %"), (0, 0, "–"),
    ])
    func shares(_ part: Int64, _ whole: Int64, _ words: String) {
        #expect(ShareText.of(part, in: whole) == words)
    }

    @Test func aLookAheadShowsWhoseAnswersMove() {
        let answer: JSONValue = [
            "revision": Rendered.revision, "published": false, "diff": [],
            "blastRadius": [
                ["flag": "same", "changed": 0, "of": 40, "moves": []],
                [
                    "flag": "a", "changed": 10, "of": 40,
                    "moves": [
                        ["from": "off", "to": "on", "count": 9, "sample": ["u1", "u2", "u3", "u4", "u5", "u6"]],
                        ["from": .null, "to": "on", "count": 1, "sample": ["u7"]],
                    ],
                ],
            ],
        ]
        #expect(
            ApplyCommand.text(for: answer, dryRun: true, .colourless) == """
                blast radius: a changes for 10 of 40 users, 25 %
                  off → on  9: u1, u2, u3, u4, u5, …
                  (the caller's default) → on  1: u7
                dry run, nothing is published: revision 41 (epoch 2)
                """)
        let several: JSONValue = [
            "blastRadius": [
                [
                    "flag": "a", "changed": 3, "of": 4,
                    "moves": [["from": "on", "to": "on", "count": 3, "sample": ["u1"]]],
                ], ["flag": "b", "changed": 2, "of": 4, "moves": []],
            ], "usersTouched": 3, "users": 4,
        ]
        #expect(
            BlastRadiusText.lines(several, .plain) == [
                "blast radius: a changes for 3 of 4 users, 75 %", "  on → on, another value  3: u1, …",
                "blast radius: b changes for 2 of 4 users, 50 %", "blast radius: 2 flags, 3 of 4 users, 75 %",
            ])
        #expect(BlastRadiusText.lines(["blastRadius": []], .plain) == ["blast radius: nobody's answer changes"])
        #expect(BlastRadiusText.lines([:], .plain) == [])
    }
}
