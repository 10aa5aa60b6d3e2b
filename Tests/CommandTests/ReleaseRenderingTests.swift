import ArgumentParser
import JSON
import Testing

@testable import pilotlight

/// What commands make of releases.
@Suite struct ReleaseRenderingTests {
    static let plan: JSONValue = [
        "name": "autumn", "title": "Autumn sale", "owner": "ann",
        "changes": [["flag": "cart", "variant": "on"], ["component": "checkout", "version": "1.4.2"]],
        "requires": ["everywhere: checkout >= 1.4.2"],
        "stages": [
            ["name": "staff", "pilots": ["staff"], "percentage": 0, "minimum": "0s", "advance": "by-hand"],
            ["name": "10 %", "percentage": 10, "minimum": "10m", "advance": "by-itself"],
            ["name": "everyone", "percentage": 100, "minimum": "0s", "advance": "by-hand"],
        ],
    ]

    static let gate: JSONValue = [
        "verdict": "red",
        "checks": [
            [
                "requirement": "everywhere: checkout >= 1.4.2", "verdict": "red",
                "detail": "checkout >= 1.4.2 isn't met by web-3 (1.4.1)", "agents": ["web-3"],
            ],
            [
                "requirement": "present: checkout 1.4.2, at least 1 verified", "verdict": "green",
                "detail": "checkout 1.4.2 is present: 2 of 1 wanted", "agents": [],
            ],
        ],
    ]

    static func transition(
        _ number: Int64, from: JSONValue, to: String, stage: JSONValue = .null, why: String = ""
    ) -> JSONValue {
        [
            "number": .integer(number), "at": "2026-01-31T10:20:30.125Z", "from": from, "to": .string(to),
            "stage": stage, "trigger": "start", "actor": "ann", "why": .string(why),
        ]
    }

    static func release(_ state: String, stage: Int64? = nil, with members: JSONObject = [:]) -> JSONValue {
        var object: JSONObject = [
            "id": "00aa", "name": "autumn", "title": .null, "plan": plan, "state": .string(state), "opens": .null,
            "history": [], "waitingFor": [],
            "gate": gate, "revision": Rendered.revision,
            "stage": stage.map { number in
                [
                    "index": .integer(number), "count": 3,
                    "name": plan["stages"]?.arrayValue?[Int(number) - 1]["name"] ?? .null,
                    "since": "2026-01-31T10:20:30.000Z", "minimumUntil": "2026-01-31T10:30:30.000Z",
                ]
            } ?? .null,
        ]
        for member in members { object[member.key] = member.value }
        return .object(object)
    }

    @Test(arguments: [
        "advance autumn", "hold autumn", "resume autumn", "launch autumn", "rollback autumn", "cancel autumn",
        "start autumn", "create autumn.yaml",
    ])
    func ordersSayWhereItStands(_ words: String) throws {
        let answer = Self.release("running", stage: 2, with: ["waitingFor": ["10m of the stage, until 10:30:30"]])
        #expect(
            try Rendered.text("release \(words)", answer) == """
                autumn: running, stage 2 of 3 (10 %)
                  waits for: 10m of the stage, until 10:30:30
                revision 41 (epoch 2)
                """)
        let scheduled = Self.release("scheduled", with: ["opens": "2026-12-01T09:00:00Z"])
        #expect(
            try Rendered.text("release \(words)", scheduled)
                == "autumn: scheduled, opens 2026-12-01 09:00:00 UTC\nrevision 41 (epoch 2)")
        #expect(try Rendered.text("release \(words)", Self.release("rolled-back")).hasPrefix("autumn: rolled back\n"))
    }

    @Test func whatIsAskedOfControl() throws {
        func start(_ words: String...) throws -> JSONObject {
            try #require(
                try PilotlightCommand.parseAsRoot(["release", "start", "r"] + words) as? ReleaseStartCommand
            ).body
        }
        #expect(try start() == ["now": false, "despiteFreeze": false])
        #expect(try start("--now", "--despite-freeze") == ["now": true, "despiteFreeze": true])
        #expect(
            try start("--opens", "2026-12-01T09:00:00+01:00")
                == ["now": false, "despiteFreeze": false, "opens": "2026-12-01T08:00:00Z"])
        func advance(_ words: String...) throws -> JSONObject {
            try #require(
                try PilotlightCommand.parseAsRoot(["release", "advance", "r"] + words) as? ReleaseAdvanceCommand
            ).body
        }
        #expect(try advance() == ["early": false, "despiteFreeze": false])
        #expect(
            try advance("--to", "10 %", "--early") == ["early": true, "despiteFreeze": false, "to": "10 %"])
        let create = try #require(
            try PilotlightCommand.parseAsRoot([
                "release", "create", "r", "--template", "gradual", "--flag", "a=on", "--component", "c=1.4.2",
                "--require", "present: c 1.4.2, at least 2 verified", "--opens", "2026-12-01T09:00:00Z",
            ]) as? ReleaseCreateCommand)
        #expect(
            create.plan(.gradual) == [
                "name": "r",
                "changes": [["flag": "a", "variant": "on"], ["component": "c", "version": "1.4.2"]],
                "template": "gradual", "requires": ["present: c 1.4.2, at least 2 verified"],
                "opens": "2026-12-01T09:00:00Z",
            ])
    }

    @Test func aPictureOfARunningOne() throws {
        let answer = Self.release(
            "running", stage: 2,
            with: [
                // Of its plan: it was started before.
                "opens": "2027-06-30T09:00:00Z", "waitingFor": ["the gate: web-3 runs 1.4.1"],
                "history": [
                    Self.transition(2, from: "draft", to: "running", stage: 1, why: "go"),
                    Self.transition(1, from: .null, to: "draft"),
                    Self.transition(3, from: "running", to: "running", stage: 2),
                ],
            ])
        let now: Int64 = 1_769_854_870
        #expect(TimeText.of(unixSeconds: now) == "2026-01-31 10:21:10 UTC")
        #expect(
            ReleasePicture(answer).text(at: now, .plain) == """
                autumn: running, stage 2 of 3 (10 %)
                  title     Autumn sale
                  owner     ann
                  changes   cart → on, component checkout → 1.4.2
                  opened    2026-01-31 10:20:30 UTC
                  stages
                    ✓ staff     pilots staff  by hand
                    ▶ 10 %      10 %          after 10m by itself, 9 min 20 s left
                      everyone  100 %         by hand
                  gate      red
                    red  everywhere: checkout >= 1.4.2  checkout >= 1.4.2 isn't met by web-3 (1.4.1)
                      web-3
                    green  present: checkout 1.4.2, at least 1 verified  checkout 1.4.2 is present: 2 of 1 wanted
                  waits for
                    the gate: web-3 runs 1.4.1
                  history
                    2026-01-31 10:20:30 UTC  draft  ann
                    2026-01-31 10:20:30 UTC  draft → running, stage 1 of 3 (staff)  ann: go
                    2026-01-31 10:20:30 UTC  running, stage 2 of 3 (10 %)  ann
                at revision 41 (epoch 2)
                """)
        #expect(try Rendered.text("release show autumn", answer, .coloured).contains("\u{1B}[31mred\u{1B}[0m"))
    }

    @Test func aPlanThatSaysMoreShowsIt() {
        var plan = Self.plan.objectValue ?? [:]
        plan["onRed"] = "rollback"
        plan["exclude"] = ["users": ["bob", "eve"], "pilots": ["key-accounts"]]
        plan["bucketBy"] = "companyId"
        plan["salt"] = "spring"
        plan["notes"] = "Jo watches the payments.\n\nCall \u{1B}her.\n"
        plan["announcement"] = ["users": "A new cart.", "staff": "The old one stays.", "links": []]
        let text = ReleasePicture(Self.release("draft", with: ["plan": .object(plan)])).text(at: 0, .plain)
        #expect(
            text.contains(
                """
                  changes   cart → on, component checkout → 1.4.2
                  excludes  users bob eve, pilots key-accounts
                  bucket by companyId
                  salt      spring
                  on red    rolled back
                  announces to users, staff; support as users
                  notes
                    Jo watches the payments.
                    
                    Call \\u{1B}her.
                  stages

                """), "\(text)")
        // What goes without saying isn't said.
        plan = Self.plan.objectValue ?? [:]
        plan["onRed"] = "hold"
        let plain = ReleasePicture(Self.release("draft", with: ["plan": .object(plan)])).text(at: 0, .plain)
        for word in ["excludes", "bucket by", "salt", "on red", "announces", "notes"] {
            #expect(!plain.contains("  \(word)"), "\(plain)")
        }
    }

    @Test(arguments: [
        (["users"], "users; support as users; staff as users"), (["support"], "support; staff as support"),
        (["staff"], "staff"), (["users", "support", "staff"], "users, support, staff"),
    ])
    func whoeverHasNoTextReadsTheNextWiderOne(_ audiences: [String], _ words: String) {
        var announcement: JSONObject = ["links": []]
        for audience in audiences { announcement[audience] = "A new cart." }
        #expect(ShownPlan(json: ["announcement": .object(announcement)]).audiences == words)
        #expect(ShownPlan(json: ["announcement": ["links": []]]).audiences == nil)
    }

    @Test func whatHelpsStandsBelowTheAgentsInTheWay() {
        var gate = Self.gate
        let hint = "web-3 is silent: if it is gone for good, `pilotlight fleet forget 3f`"
        gate = [
            "verdict": "red",
            "checks": .array(
                (gate["checks"]?.arrayValue ?? []).map { check in
                    var check = check.objectValue ?? [:]
                    check["hint"] = .string(hint)
                    return .object(check)
                }),
        ]
        #expect(
            ShownGate(json: gate).lines(.plain) == [
                "red  everywhere: checkout >= 1.4.2  checkout >= 1.4.2 isn't met by web-3 (1.4.1)", "  web-3",
                "  hint: \(hint)",
                "green  present: checkout 1.4.2, at least 1 verified  checkout 1.4.2 is present: 2 of 1 wanted",
            ])
    }

    @Test func aPictureOfALaunchedOne() throws {
        let history = (1...7).map { Self.transition($0, from: "held", to: "running", stage: 3) }
        let text = ReleasePicture(Self.release("launched", with: ["history": .array(history)])).text(at: 0, .plain)
        #expect(text.contains("\n    ✓ staff") && text.contains("\n    ✓ everyone") && !text.contains("▶"), "\(text)")
        #expect(text.contains("\n  latest 5 of 7 transitions\n") && !text.contains("gate"), "\(text)")
    }

    @Test func aListSaysItAll() throws {
        let answer: JSONValue = [
            "releases": [
                Self.release("running", stage: 2, with: ["opens": "2027-06-30T09:00:00Z"]), Self.release("launched"),
                Self.release("armed", with: ["opens": "2026-12-01T09:00:00Z", "gate": ["verdict": "green"]]),
            ]
        ]
        let changes = "cart → on, component checkout → 1.4.2"
        #expect(
            try Rendered.text("release list", answer) == """
                RELEASE  STATE     STAGE  CHANGES                                OPENS                    GATE
                autumn   running   2/3    \(changes)  –                        red
                autumn   launched  –      \(changes)  –                        –
                autumn   armed     –      \(changes)  2026-12-01 09:00:00 UTC  green
                3 releases in production
                """)
        #expect(try Rendered.text("release list", ["releases": []], .plain).isEmpty)
    }

    @Test func aCalendarIsInTheOrderOfTime() throws {
        let answer: JSONValue = [
            "entries": [
                [
                    "kind": "opening", "release": "autumn", "from": "2026-12-01T09:00:00Z", "until": .null,
                    "detail": "armed",
                ],
                [
                    "kind": "freeze", "name": "holidays", "from": "2026-12-18T17:00:00Z",
                    "until": "2027-01-04T07:00:00Z", "detail": "nobody is in",
                ],
            ]
        ]
        #expect(
            try Rendered.text("release list --calendar", answer) == """
                FROM                     UNTIL                    WHAT     NAME      DETAIL
                2026-12-01 09:00:00 UTC  –                        opening  autumn    armed
                2026-12-18 17:00:00 UTC  2027-01-04 07:00:00 UTC  freeze   holidays  nobody is in
                2 entries in production
                """)
    }

    @Test func notesAreMarkdown() throws {
        let answer: JSONValue = [
            "release": "autumn", "audience": "users", "title": "Autumn sale",
            "text": "A **new** cart.\n\n- faster\u{1B}",
            "links": [["title": "Training", "url": "https://example.com/t"]],
        ]
        #expect(
            try Rendered.text("release notes autumn", answer) == """
                # Autumn sale

                A **new** cart.

                - faster\\u{1B}

                - [Training](https://example.com/t)
                """)
        #expect(try Rendered.text("release notes autumn", ["title": "", "text": "", "links": []]).isEmpty)
    }

    @Test func staleFlagsCanGo() throws {
        let flag: JSONValue = [
            "key": "cart", "defaultVariant": "on",
            "stale": ["release": "autumn", "since": "2026-01-31T10:20:30.125Z", "owner": "ann"],
        ]
        #expect(
            try Rendered.text("flag list --stale", ["flags": [flag], "revision": Rendered.revision]) == """
                FLAG  EVERYONE GETS  RELEASE  SINCE                    OWNER
                cart  on             autumn   2026-01-31 10:20:30 UTC  ann
                1 flag in production can go, at revision 41 (epoch 2)
                """)
        let shown = try Rendered.text("flag show cart", flag)
        #expect(
            shown.contains("\nstale: everyone has it since release autumn of 2026-01-31 10:20:30 UTC, owner ann\n"))
        #expect(!shown.contains("\"stale\""))
    }
}
