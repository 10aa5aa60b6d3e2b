import Foundation
import Harness
import JSON
import Testing

/// `pilotlight watch`.
@Suite("Watching changes", .gently)
struct ChangeWatchTests {
    private func start(_ cluster: Cluster, _ name: String, _ options: String...) throws -> RunningProcess {
        try Pilotlight.start(
            ["watch"] + options, log: cluster.directory.path(name),
            environment: ["PILOTLIGHT_CONTROL_URL": cluster.control.url])
    }

    private func numbers(_ process: RunningProcess) -> [Int64] {
        process.output.split(separator: "\n").compactMap {
            JSONReader.read(String($0)).value?["revision"]?["number"]?.integerValue
        }
    }

    @Test("every change once and in order, through kills and restarts of the control node")
    func restarts() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("a"))
        let watch = try start(cluster, "watch", "--after", "0", "--json")
        var published: Int64 = 1
        for round in 0..<3 {
            try await eventually("it is connected, and has given what was") { sighting in
                sighting.note(watch.errors)
                return self.numbers(watch).last == published
            }
            for number in 0..<40 {
                let variant = number.isMultiple(of: 2) ? "on" : "off"
                try control.ask("PATCH", "/v1/environments/production/flags/a", ["defaultVariant": .string(variant)])
                published += 1
            }
            if round == 0 { control.kill() } else { try await control.stop() }
            try await eventually("the loss is said") { sighting in
                sighting.note(watch.errors)
                return watch.errors.components(separatedBy: "the connection is lost").count == round + 2
            }
            try await control.start()
            try control.ask("PATCH", "/v1/environments/production/flags/a", ["state": "DISABLED"])
            try control.ask("PATCH", "/v1/environments/production/flags/a", ["state": "ENABLED"])
            published += 2
        }
        try await eventually("all changes are given") { sighting in
            sighting.note(self.numbers(watch).count)
            return self.numbers(watch).last == published
        }
        #expect(numbers(watch) == Array(1...published))
        // After which revision depends on how much it had read when the connection was cut.
        #expect(watch.errors.components(separatedBy: "connected again, after revision").count == 4, "\(watch.errors)")
        watch.signal(SIGINT)
        #expect(try await watch.exit() == .exited(0))
        #expect(watch.output.hasSuffix("\n"))
    }

    @Test("from now on unless it is told from where; --count stops; SIGTERM ends it with 0; text is one line each")
    func ends() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("before"))
        let text = try start(cluster, "text")
        let counted = try start(cluster, "counted", "--after", "0", "--count", "2")
        let never = try start(cluster, "never", "--environment", "production")
        // A watch says nothing until something changes: changes are made until the first has seen one.
        try await eventually("a change is seen") { sighting in
            sighting.note(text.errors)
            try control.apply(Fixture.flags("a", variant: "on"))
            try control.apply(Fixture.flags("a", variant: "off"))
            return !text.output.isEmpty && !never.output.isEmpty
        }
        #expect(try await counted.exit() == .exited(0))
        let lines = counted.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        #expect(lines.map { $0[0] } == ["1", "2"] && lines.allSatisfy { $0.count == 5 }, "\(counted.output)")
        #expect(lines[0][4].hasPrefix("+ flag before  variants:"), "\(counted.output)")
        #expect(!text.output.contains("flag before"), "what was before is not given")
        for process in [text, never] {
            process.signal(SIGTERM)
            #expect(try await process.exit() == .exited(0))
        }
    }

    @Test(
        "what can't be watched is refused: no control node, an unknown environment, a number that is yet to come or gone"
    )
    func refusals() async throws {
        let cluster = try await Cluster(agents: 0, controlVariables: ["PILOTLIGHT_HISTORY_KEEP": "2"])
        let control = cluster.control
        let ahead = try await control.run("watch", "--after", "99")
        #expect(ahead.code == 1 && ahead.errors.contains("99") && ahead.errors.contains("hint"), "\(ahead)")
        let unknown = try await control.run("watch", "--environment", "prodction")
        #expect(unknown.code == 1 && unknown.errors.contains("did you mean \"production\"?"), "\(unknown)")
        for variant in ["on", "off", "on", "off", "on"] { try control.apply(Fixture.flags("a", variant: variant)) }
        // It tidies up when it starts, and then from time to time.
        try await control.stop()
        try await control.start()
        try await eventually("what is old is deleted") { _ in
            try control.ask("GET", "/v1/environments/production/history")["oldest"]?.integerValue ?? 0 > 1
        }
        let gone = try await control.run("watch", "--after", "0")
        #expect(gone.code == 1 && gone.errors.contains("HTTP 410"), "\(gone)")
        control.kill()
        let nobody = try await control.run("watch")
        #expect(nobody.code == 1 && nobody.errors.contains("no control node answers"), "\(nobody)")
    }

    @Test("a control node that comes back with another history ends it, rather than that changes are missed in silence")
    func anotherHistory() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("a"))
        let backup = cluster.directory.path("backup.sqlite")
        #expect(try await control.run("backup", backup).code == 0)
        try control.apply(Fixture.flags("given-up"))
        let watch = try start(cluster, "watch", "--after", "0", "--json")
        try await eventually("it has given what was") { sighting in
            sighting.note(watch.errors)
            return self.numbers(watch) == [1, 2]
        }
        try await control.stop()
        let restored = try await Pilotlight.run(["restore", backup, "--data", control.data, "--yes"])
        #expect(restored.code == 0, "\(restored)")
        try await control.start()
        // The same numbers again, for other changes.
        try control.apply(Fixture.flags("b"))
        try control.apply(Fixture.flags("c"))
        #expect(try await watch.exit() == .exited(1))
        #expect(numbers(watch) == [1, 2])
        #expect(watch.errors.contains("is another one than the one whose revision 2 was seen"), "\(watch.errors)")
        #expect(watch.errors.contains("hint: look at `pilotlight history"), "\(watch.errors)")
    }

    @Test("a reader who goes away ends it")
    func closedPipe() async throws {
        let cluster = try await Cluster(agents: 0)
        for variant in ["on", "off", "on"] { try cluster.control.apply(Fixture.flags("a", variant: variant)) }
        let shell = try RunningProcess(
            "/bin/bash", ["-c", "\"$0\" watch --after 0 | head -n 1; exit ${PIPESTATUS[0]}", Pilotlight.binary],
            environment: Pilotlight.environment(adding: ["PILOTLIGHT_CONTROL_URL": cluster.control.url]),
            log: cluster.directory.path("shell"))
        try await eventually("head has its line") { _ in shell.output.hasPrefix("1\t") }
        try await eventually("the watch ends by itself once it has something to say") { _ in
            try cluster.control.apply(Fixture.flags("a", variant: "off"))
            try cluster.control.apply(Fixture.flags("a", variant: "on"))
            return !shell.isRunning
        }
        #expect(shell.status == .exited(0), "\(shell.errors)")
    }
}
