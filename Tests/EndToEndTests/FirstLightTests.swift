import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// One change, followed to every agent and asked for by every protocol.
@Suite("First light", .gently)
struct FirstLightTests {
    @Test(
        "all 16 flags of the demo, equal through three agents by OFREP, by the binary protocol and by Python's stock provider"
    )
    func demoFlags() async throws {
        let port = try FreePort.next()
        let cluster = try await Cluster(agents: 3)
        let served = AgentProcess(
            "served", in: cluster.directory.path, of: cluster.control, options: ["--ofrep-port", "\(port)"])
        try await served.start()

        let applied = try await cluster.control.run("apply", Fixture.path("otel-demo.flagd.json"))
        #expect(applied.code == 0, "\(applied)")
        #expect(applied.output.contains("revision 1"), "\(applied)")
        try await cluster.converged(agents: 4)

        let flags = try Fixture.json("otel-demo.flagd.json")["flags"]?.objectValue ?? [:]
        #expect(flags.count == 16)
        let cases = flags.map { flag in
            Case(
                flag: flag.key, context: .object(["targetingKey": "ann", "product_id": "OLJCESPC7Z"]),
                type: PythonClient.type(ofVariants: flag.value["variants"]?.objectValue ?? [:]))
        }
        let expected = flags.map { flag in
            let variant = flag.value["defaultVariant"]?.stringValue ?? ""
            return Outcome(
                value: flag.value["variants"]?[variant], variant: variant,
                reason: flag.value["targeting"] == nil ? "STATIC" : "TARGETING_MATCH")
        }
        for agent in cluster.agents {
            #expect(try cases.map { try agent.askOFREP($0) } == expected, "OFREP of \(agent.name)")
            let connection = try agent.connect()
            #expect(try cases.map { try connection.ask($0) } == expected, "binary protocol of \(agent.name)")
            let bulk = try agent.askBulk(context: .object(["targetingKey": "ann", "product_id": "OLJCESPC7Z"]))
            #expect(cases.map { bulk[$0.flag] } == expected, "OFREP in bulk of \(agent.name)")
            #expect(bulk.count == 16)
        }
        #expect(try await PythonClient.ask(cases, port: port) == expected, "Python's stock OFREP provider")
    }

    @Test("every operator, three contexts a flag, answers worked out by hand, by every protocol")
    func operators() async throws {
        let port = try FreePort.next()
        let cluster = try await Cluster(agents: 1, options: ["--ofrep-port", "\(port)"])
        let agent = cluster.agents[0]
        let applied = try await cluster.control.run("apply", Fixture.path("operators.flagd.json"))
        #expect(applied.code == 0, "\(applied)")
        try await cluster.converged()

        let flags = try Fixture.json("operators.flagd.json")["flags"]?.objectValue ?? [:]
        let table = try Fixture.json("operators.expected.json").arrayValue ?? []
        for flag in flags.keys { #expect(table.count { $0["flag"]?.stringValue == flag } == 3, "\(flag)") }
        let cases = table.map { row in
            let flag = row["flag"]?.stringValue ?? ""
            return Case(
                flag: flag, context: row["context"] ?? .null,
                type: PythonClient.type(ofVariants: flags[flag]?["variants"]?.objectValue ?? [:]))
        }
        let expected = table.map {
            Outcome(
                value: $0["value"], variant: $0["variant"]?.stringValue, reason: $0["reason"]?.stringValue ?? "",
                error: $0["error"]?.stringValue)
        }
        let connection = try agent.connect()
        let python = try await PythonClient.ask(cases, port: port)
        for (index, row) in table.enumerated() {
            let words = Comment(rawValue: row.compactText())
            #expect(try agent.askOFREP(cases[index]) == expected[index], words)
            #expect(try connection.ask(cases[index]) == expected[index], words)
            #expect(python[index] == expected[index], words)
            let bulk = try agent.askBulk(context: cases[index].context)[cases[index].flag]
            #expect(bulk == expected[index], words)
        }
    }

    @Test("a change is visible on the watch frame, in a lookup that follows it, and in the lookup command")
    func oneChange() async throws {
        let cluster = try await Cluster(agents: 1)
        let agent = cluster.agents[0]
        try cluster.control.apply(Fixture.flags("new-checkout", "other"))
        try await cluster.converged()

        let connection = try agent.connect()
        try connection.watch()
        let first = try connection.nextChange()
        #expect(first.changedKeys == nil && first.stamp.number == 1 && first.stamp.isReady)
        #expect(try connection.lookup("new-checkout").value == .bool(false))

        let changed = try await cluster.control.run("flag", "default", "new-checkout", "on")
        #expect(changed.code == 0, "\(changed)")
        let notice = try connection.nextChange()
        #expect(notice.changedKeys == ["new-checkout"])
        #expect(notice.stamp.number == 2)
        let answer = try connection.lookup("new-checkout")
        #expect(answer.value == .bool(true) && answer.stamp.number == 2)

        let ofrep = try agent.ofrep("new-checkout")
        #expect(ofrep.headers.contains { $0.key.contains("revision") && $0.value.contains("2") }, "\(ofrep.headers)")
        #expect(ofrep.headers.contains { $0.key.contains("staleness") }, "\(ofrep.headers)")
        let lookup = try await Pilotlight.run(["lookup", "new-checkout", "--socket", agent.socket, "--json"])
        #expect(lookup.code == 0 && lookup.json["value"] == .bool(true), "\(lookup)")
    }

    @Test("a change of many flags appears at once")
    func manyAtOnce() async throws {
        let cluster = try await Cluster(agents: 1)
        let keys = (0..<200).map { "flag-\($0)" }
        func document(_ variant: String) -> String {
            let flags = keys.map {
                "\"\($0)\": {\"state\": \"ENABLED\", \"variants\": {\"on\": true, \"off\": false}, "
                    + "\"defaultVariant\": \"\(variant)\"}"
            }
            return "{\"flags\": {\(flags.joined(separator: ","))}}"
        }
        try cluster.control.apply(document("off"))
        try await cluster.converged()
        let (control, socket) = (cluster.control, cluster.agents[0].socket)
        async let asked = onThread {
            let connection = try LookupConnection(socket)
            var seen: Set<Int> = []
            while true {
                let (answers, end) = try connection.lookupAll()
                seen.insert(answers.values.count { $0.value == .bool(true) })
                if end.stamp.number >= 21 { return seen }
            }
        }
        let texts = (document("on"), document("off"))
        for round in 0..<20 { try control.apply(round.isMultiple(of: 2) ? texts.0 : texts.1) }
        let seen = try await asked
        #expect(seen.isSubset(of: [0, 200]), "half a change was seen: \(seen.sorted()) of 200")
    }
}
