import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// The urgent lane of the kill switch, with processes: what an operator's kill does where changes can't get through.
@Suite("Urgent kills", .gently)
struct KillTests {
    private static let flags = """
        {"flags": {
          "checkout": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on",
           "offVariant": "off"},
          "child": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
           "prerequisites": [{"flag": "checkout", "variant": "on"}], "targeting": {"if": [true, "on"]}},
          "other": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}}}
        """

    /// A control node, and an agent behind a relay whose two ports can be cut by themselves.
    private struct Setting {
        let directory: TemporaryDirectory
        let control: ControlProcess
        let relay: ControlRelay
        let agent: AgentProcess

        init(options: [String] = []) async throws {
            directory = try TemporaryDirectory()
            control = try ControlProcess(data: directory.path("control"))
            try await control.start()
            relay = try ControlRelay(to: control)
            agent = AgentProcess("edge", in: directory.path, of: control, through: relay, options: options)
            try await agent.start()
            try control.apply(KillTests.flags)
            try await agent.reaches(1)
        }

        @discardableResult
        func flag(_ key: String, _ verb: String) throws -> Int64 {
            let answer = try control.ask(
                "POST", "/v1/environments/production/flags/\(key)/\(verb)", .object([:]))
            return try #require(answer["revision"]?["number"]?.integerValue)
        }

        func value(_ key: String = "checkout") throws -> AnswerValue? { try agent.connect().lookup(key).value }

        func isKilled() async throws {
            try await eventually("checkout is killed") { _ in try value() == .bool(false) }
        }

        var overlay: String { agent.data + "/kills.overlay" }
        var hasOverlay: Bool { FileManager.default.fileExists(atPath: overlay) }
    }

    @Test("a kill is seen while publications are cut, held over kill -9 without control, dropped in its turn")
    func heldUntilItsTurn() async throws {
        let setting = try await Setting()
        let (control, agent) = (setting.control, setting.agent)
        setting.relay.publish.cut()
        let number = try setting.flag("checkout", "kill")
        try await setting.isKilled()
        #expect(try agent.stamp().number == 1)
        #expect(try setting.value("child") == .bool(false))
        #expect(try setting.value("other") == .bool(true))
        #expect(setting.hasOverlay)

        // The machine goes on without control, through a crash.
        control.kill()
        agent.kill()
        try agent.launch()
        try await agent.answering()
        #expect(try setting.value() == .bool(false) && setting.value("child") == .bool(false))
        #expect(try agent.stamp().number == 1)

        // All is well again: the delta comes, and the copy is not needed any more.
        try await control.start()
        setting.relay.heal()
        try await agent.reaches(number)
        try await eventually("the copy is dropped") { _ in !setting.hasOverlay }
        #expect(try setting.value() == .bool(false))
        let unkilled = try setting.flag("checkout", "unkill")
        try await agent.reaches(unkilled)
        #expect(try setting.value() == .bool(true) && setting.value("child") == .bool(true))
        agent.kill()
        try await agent.start()
        #expect(try setting.value() == .bool(true))
        try await agent.stop()
        try await control.stop()
    }

    @Test("an unkill comes in its turn only, and restores exactly what was before")
    func unkillInOrder() async throws {
        let setting = try await Setting()
        let (control, agent) = (setting.control, setting.agent)
        let keys = ["checkout", "child", "other"]
        func answers() throws -> [String] {
            try keys.map { key in
                let answer = try agent.ofrep(key, context: .object(["targetingKey": .string("ann")]))
                return "\(answer.status) \(answer.text)"
            }
        }
        let before = try answers()
        setting.relay.publish.cut()
        let killed = try setting.flag("checkout", "kill")
        try await setting.isKilled()
        let unkilled = try setting.flag("checkout", "unkill")
        #expect(unkilled == killed + 1)
        // Control hears two reports more: whatever it sent before them is there.
        let reports = try agent.metric("pilotlight_link_reports_total")
        try await eventually("time passes") { _ in try agent.metric("pilotlight_link_reports_total") >= reports + 2 }
        #expect(try setting.value() == .bool(false))
        setting.relay.heal()
        try await agent.reaches(unkilled)
        #expect(try answers() == before)
        try await eventually("the copy is dropped") { _ in !setting.hasOverlay }
        #expect(try control.metric("pilotlight_control_kills_sent_total") == 1)
        try await agent.stop()
        try await control.stop()
    }

    @Test("clients that watch hear of a kill although no revision came")
    func watchersHear() async throws {
        let setting = try await Setting()
        setting.relay.publish.cut()
        let connection = try setting.agent.connect()
        try connection.watch()
        _ = try connection.nextChange()
        try setting.flag("checkout", "kill")
        let notice = try connection.nextChange()
        #expect(notice.changedKeys == ["checkout", "child"])
        #expect(notice.stamp.number == 1)
        #expect(try connection.lookup("checkout").value == .bool(false))
        try await setting.agent.stop()
        try await setting.control.stop()
    }

    /// The agent is away while a large group is made; when it is back it fetches that, and the kill doesn't wait for it.
    @Test("a kill during a snapshot in flight is seen before the snapshot is", arguments: [[], ["--sync-each-commit"]])
    func beforeASnapshot(options: [String]) async throws {
        let setting = try await Setting(options: options)
        let (control, agent) = (setting.control, setting.agent)
        let members = (0..<200_000).map { JSONValue.string("a-rather-long-user-name-\($0)") }
        var isAhead = false
        // On a busy machine the snapshot may be there before the kill is asked for: then another one is made.
        for round in 1...8 where !isAhead {
            setting.relay.cut()
            let group = JSONValue.object(["pilots": .object(["many-\(round)": .object(["members": .array(members)])])])
            let large = try control.apply(group.compactText())
            let asked = try control.metric("pilotlight_control_catch_ups_total")
            setting.relay.heal()
            try await eventually("the agent is fetching") { sighting in
                let now = try control.metric("pilotlight_control_catch_ups_total")
                sighting.note(now)
                return now > asked
            }
            try setting.flag("checkout", "kill")
            let stamp = try await awaited("checkout is killed", every: .milliseconds(1)) { _ in
                let answer = try agent.connect().lookup("checkout")
                return answer.value == .bool(false) ? answer.stamp : nil
            }
            isAhead = stamp.number < UInt64(large)
            try await agent.reaches(large + 1)
            #expect(try setting.value() == .bool(false))
            let unkilled = try setting.flag("checkout", "unkill")
            try await agent.reaches(unkilled)
            #expect(try setting.value() == .bool(true))
        }
        #expect(isAhead, "every snapshot was there before its kill")
        try await agent.stop()
        try await control.stop()
    }

    @Test("a damaged file of kills is set aside and said") func damaged() async throws {
        let setting = try await Setting()
        setting.relay.publish.cut()
        try setting.flag("checkout", "kill")
        try await setting.isKilled()
        setting.control.kill()
        setting.agent.kill()
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: setting.overlay)))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: setting.overlay))
        try setting.agent.launch()
        try await setting.agent.answering()
        #expect(setting.agent.logText.contains("set the urgent kills aside"))
        let names = try FileManager.default.contentsOfDirectory(atPath: setting.agent.data)
        #expect(names.count { $0.hasPrefix("kills.damaged-") } == 1)
        // It comes again in its turn.
        setting.relay.heal()
        try await setting.control.start()
        try await setting.isKilled()
        try await setting.agent.stop()
        try await setting.control.stop()
    }
}
