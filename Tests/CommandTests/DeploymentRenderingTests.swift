import ArgumentParser
import JSON
import Testing

@testable import pilotlight

/// What commands make of deployments, freeze windows and the status.
@Suite struct DeploymentRenderingTests {
    private static func deployment(_ state: String, with members: JSONObject = [:]) -> JSONValue {
        var object: JSONObject = [
            "component": "checkout", "version": "1.4.2", "upstream": "green", "where": "", "state": .string(state),
            "at": "2026-01-31T10:20:30.125Z", "by": "pipeline", "message": "", "check": .null,
            "agents": ["live": 2, "silent": 1, "passing": 2, "failing": 0], "disagreement": .null,
        ]
        for member in members { object[member.key] = member.value }
        return .object(object)
    }

    @Test func ordersSayWhatBecameOfIt() throws {
        let check: JSONValue = [
            "url": "http://green/healthz", "at": "2026-01-31T10:20:30.000Z", "passed": true, "detail": "HTTP 200",
        ]
        let verified = Self.deployment("verified", with: ["check": check, "revision": Rendered.revision])
        #expect(
            try Rendered.text("deployment record checkout 1.4.2", verified)
                == "checkout 1.4.2: verified  passed, HTTP 200, http://green/healthz")
        let elsewhere = Self.deployment(
            "recorded", with: ["where": "eu-west", "disagreement": "recorded, but no live agent reports it"])
        #expect(
            try Rendered.text("deployment verify checkout 1.4.2", elsewhere) == """
                checkout 1.4.2 in eu-west: recorded
                disagreement: recorded, but no live agent reports it
                """)
        let retired: JSONValue = ["retired": [Self.deployment("retired")], "revision": Rendered.revision]
        #expect(
            try Rendered.text("deployment retire checkout 1.4.2", retired) == "checkout 1.4.2: retired")
    }

    @Test func aFailedCheckFailsTheCommand() throws {
        let check: JSONValue = ["url": "http://green/", "passed": false, "detail": "HTTP 503"]
        let error = #expect(throws: CommandRefusal.self) {
            try DeploymentChange.demandNoFailure(Self.deployment("failed", with: ["check": check]), json: false)
        }
        #expect(
            error?.description == """
                pilotlight: checkout 1.4.2 is recorded as failed: failed, HTTP 503, http://green/
                  hint: `pilotlight deployment verify` runs the check again
                """)
        try DeploymentChange.demandNoFailure(Self.deployment("recorded"), json: false)
    }

    @Test func whatIsAskedOfControl() throws {
        func body(_ words: String...) throws -> JSONObject {
            let command = try PilotlightCommand.parseAsRoot(["deployment"] + words)
            if let record = command as? DeploymentRecordCommand { return record.body }
            return try #require(command as? DeploymentVerifyCommand).body
        }
        #expect(
            try body("record", "c", "1", "--upstream", "green", "--where", "eu", "--verify", "http://c/")
                == ["component": "c", "version": "1", "upstream": "green", "where": "eu", "verify": "http://c/"])
        #expect(try body("verify", "c", "1") == [:])
        #expect(try body("verify", "c", "1", "--passed", "--where", "eu") == ["passed": true, "where": "eu"])
        #expect(try body("verify", "c", "1", "--failed", "odd") == ["passed": false, "detail": "odd"])
        #expect(throws: (any Error).self) { try body("verify", "c", "1", "--passed", "--url", "http://c/") }
    }

    @Test func recordedBesideObserved() throws {
        let answer: JSONValue = [
            "deployments": [
                Self.deployment("verified"), Self.deployment("retired", with: ["version": "1.4.0", "where": "eu"]),
            ],
            "observed": [
                [
                    "component": "checkout", "version": "1.4.2",
                    "agents": [["name": "a", "id": "1", "state": "live", "health": "passing"]],
                ],
                [
                    "component": "checkout", "version": "1.4.1",
                    "agents": [
                        ["name": "b", "id": "2", "state": "live", "health": "failing"],
                        ["name": "c", "id": "3", "state": "silent", "health": "unchecked"],
                    ],
                ],
            ],
            "disagreements": ["checkout 1.4.1: nobody recorded it, but 2 agents (b, c) run it"],
        ]
        let when = "2026-01-31 10:20:30 UTC"
        #expect(
            try Rendered.text("deployment list", answer) == """
                COMPONENT  VERSION  STATE         WHERE  UPSTREAM  AGENTS                       CHECK  BY        WHEN
                checkout   1.4.2    verified      –      green     2 live, 1 silent, 2 passing  –      pipeline  \(when)
                checkout   1.4.0    retired       eu     green     2 live, 1 silent, 2 passing  –      pipeline  \(when)
                checkout   1.4.1    not recorded  –      –         1 live, 1 silent, 1 failing  –      –         –
                2 deployments, 1 not recorded, in production
                disagreement: checkout 1.4.1: nobody recorded it, but 2 agents (b, c) run it
                """)
        #expect(try Rendered.text("deployment list", ["deployments": [], "observed": []], .plain).isEmpty)
    }

    @Test func statusInTheWordsOfTheDesign() throws {
        func version(_ version: String, _ state: String, share: JSONValue, release: JSONValue = .null) -> JSONValue {
            [
                "component": "checkout", "version": .string(version), "state": .string(state), "share": share,
                "deployment": "verified", "agents": 3, "release": release,
            ]
        }
        let answer: JSONValue = [
            "components": [
                version("1.4.0", "dormant", share: .null), version("1.4.1", "released", share: "everyone else"),
                version("1.4.2", "releasing", share: "10 %", release: "autumn"),
                version("1.5.0", "deployed", share: .null),
            ],
            "flags": [["flag": "cart", "variant": "on", "state": "releasing", "share": "10 %", "release": "autumn"]],
            "revision": Rendered.revision,
        ]
        #expect(
            try Rendered.text("status", answer) == """
                COMPONENT  VERSION  STATE                       SHARE          DEPLOYMENT  AGENTS  RELEASE
                checkout   1.4.0    dormant                     –              verified    3       –
                checkout   1.4.1    released                    everyone else  verified    3       –
                checkout   1.4.2    being released              10 %           verified    3       autumn
                checkout   1.5.0    deployed, not yet released  –              verified    3       –

                FLAG  VARIANT  STATE           SHARE  RELEASE
                cart  on       being released  10 %   autumn
                4 versions, 1 flag in releases, in production at revision 41 (epoch 2)
                """)
        #expect(try Rendered.text("status", answer, .plain).hasSuffix("\ncart\ton\tbeing released\t10 %\tautumn"))
        #expect(try Rendered.text("status", ["components": [], "flags": []], .plain).isEmpty)
    }

    @Test func freezeWindows() throws {
        let answer: JSONValue = [
            "freezes": [
                [
                    "name": "weekend", "from": "fri 16:00", "until": "mon 08:00", "weekly": true,
                    "timeZone": "Europe/Berlin", "reason": "nobody is in", "now": true,
                ],
                ["name": "audit", "from": "2026-12-01T09:00:00Z", "until": "2026-12-02T09:00:00Z"],
            ]
        ]
        #expect(
            try Rendered.text("freeze list", answer) == """
                FREEZE   FROM                  UNTIL                 EACH WEEK  TIME ZONE      NOW     REASON
                weekend  fri 16:00             mon 08:00             yes        Europe/Berlin  frozen  nobody is in
                audit    2026-12-01T09:00:00Z  2026-12-02T09:00:00Z  –          –              –       –
                2 freeze windows in production
                """)
        let set = ["freeze", "set", "weekend", "--weekly", "--from", "fri 16:00", "--until", "mon 08:00"]
        #expect(try Rendered.text(set, [:]) == "weekend: from fri 16:00 until mon 08:00, each week")
        let command = try #require(
            try PilotlightCommand.parseAsRoot(set + ["--time-zone", "Europe/Berlin", "--reason", "r"])
                as? FreezeSetCommand)
        #expect(
            command.body == [
                "from": "fri 16:00", "until": "mon 08:00", "weekly": true, "timeZone": "Europe/Berlin", "reason": "r",
            ])
        #expect(try Rendered.text("freeze remove weekend", [:]) == "weekend: removed")
    }

    @Test func refusalsListWhoStandsInTheWay() {
        let problem = ProblemDetails(
            [
                "title": "Release not started", "detail": "checkout >= 1.4.2 isn't met", "hint": "deploy it",
                "agents": ["web-1", "web-2"], "conflicts": ["flag cart: rollout"],
            ], status: 409)
        #expect(
            problem.description == """
                pilotlight: checkout >= 1.4.2 isn't met (HTTP 409)
                  agents:
                    web-1
                    web-2
                  conflicts:
                    flag cart: rollout
                  hint: deploy it
                """)
    }
}
