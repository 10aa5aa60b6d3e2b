import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// A backup made while changes go on, put back, and what the agents that have seen more do then.
@Suite("Backup and restore", .gently)
struct BackupTests {
    private func restore(
        _ file: String, to control: ControlProcess, _ options: String...
    ) async throws -> CommandResult {
        try await Pilotlight.run(["restore", file, "--data", control.data] + options)
    }

    @Test("backup, changes, restore: agents that are ahead keep answering, and writes wait for a new epoch")
    func agentsAhead() async throws {
        let cluster = try await Cluster(agents: 2)
        let control = cluster.control
        try control.apply(Fixture.flags("flag-0"))
        let file = cluster.directory.path("backup.sqlite")
        let backup = try await control.run("backup", file)
        #expect(backup.code == 0, "\(backup)")
        #expect(try await control.run("backup", file).errors.contains("is there already"))
        let digest = try control.environmentState().digest

        try control.apply(Fixture.flags("flag-1"))
        try control.apply(Fixture.flags("flag-2"))
        try await cluster.converged()
        let seen = try #require(Self.id(of: try Self.firstEvent(control, "?after=2")))

        // Not while it runs, not over what is there, and not what is no backup.
        #expect(try await restore(file, to: control, "--yes").errors.contains("in use by another control node"))
        try await control.stop()
        let refused = try await restore(file, to: control)
        #expect(refused.code == 1)
        #expect(refused.errors.contains("there is a store already"), "\(refused)")
        var damaged = try Data(contentsOf: URL(fileURLWithPath: file))
        for place in stride(from: damaged.count / 2, to: damaged.count, by: 97) { damaged[place] ^= 0xFF }
        let other = cluster.directory.path("damaged.sqlite")
        try damaged.write(to: URL(fileURLWithPath: other))
        let bad = try await restore(other, to: control, "--yes")
        #expect(bad.code == 1)
        #expect(bad.errors.contains("\(other) can't be restored: it is damaged"), "\(bad)")

        let restored = try await restore(file, to: control, "--yes")
        #expect(restored.code == 0, "\(restored)")
        #expect(restored.output.contains("production: revision 1 (epoch 1), 1 entry"), "\(restored)")
        #expect(restored.output.contains("the store that was there: "), "\(restored)")

        try await control.start()
        #expect(try control.environmentState().digest == digest)
        try await eventually("control hears that agents are ahead") { _ in
            try control.environmentState().blocked != nil
        }
        #expect(try Self.watch(control, lastEvent: seen).json["reason"] == .string("other-history"))
        let write = try await control.run("flag", "disable", "flag-0")
        #expect(write.code == 1)
        #expect(write.errors.contains("takes no writes"), "\(write)")
        for agent in cluster.agents {
            #expect(try agent.connect().lookup("flag-2").value == .bool(false))
        }
        let begun = try await control.run("environment", "new-epoch", "production", "--yes")
        #expect(begun.code == 0, "\(begun)")
        try await cluster.converged()
        let state = try control.environmentState()
        #expect(state.digest == digest)
        #expect(state.number > 3)
        // There is no revision of that number now, and what follows isn't what would have followed.
        #expect(try Self.watch(control, lastEvent: seen).json["reason"] == .string("other-history"))
        for agent in cluster.agents {
            #expect(try agent.connect().lookup("flag-2").error?.name == "FLAG_NOT_FOUND")
        }
        try control.apply(Fixture.flags("flag-3"))
        try await cluster.converged()
    }

    @Test("a backup made under load is whole: it loads, and holds every change acknowledged before it")
    func underLoad() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        let load = WriterLoad(on: control, writers: 4)
        async let writing: Void = load.run()
        for round in 1...5 {
            let before = try control.environmentState().number
            let file = cluster.directory.path("backup-\(round).sqlite")
            let made = try await control.run("backup", file)
            #expect(made.code == 0, "\(made)")
            let after = try control.environmentState().number
            let data = cluster.directory.path("restored-\(round)")
            let restored = try await Pilotlight.run(["restore", file, "--data", data, "--json"])
            let number = try #require(
                restored.json["environments"]?.arrayValue?.first?["revision"]?["number"]?.integerValue)
            #expect((before...after).contains(number), "\(before) \(number) \(after)")
        }
        load.stop()
        try await writing
        #expect(load.refusals.isEmpty)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: control.data).allSatisfy { !$0.contains("being-made") })
    }

    @Test("--history-keep deletes from the old end, and says so to who asks for more")
    func retention() async throws {
        let directory = try TemporaryDirectory()
        let control = try ControlProcess(
            data: directory.path("control"), environment: ["PILOTLIGHT_HISTORY_KEEP": "5"])
        try await control.start()
        for number in 1...12 { try control.apply(Fixture.flags("flag-\(number)")) }
        // What is no longer kept goes at the start, and then once a minute.
        try await control.stop()
        try await control.start()
        try await eventually("old history is gone") { _ in
            try control.ask("GET", "/v1/environments/production/history")["oldest"]?.integerValue == 8
        }
        let old = try await control.run("rollback", "3")
        #expect(old.code == 1)
        #expect(old.errors.contains("goes back to revision 8"), "\(old)")
        #expect(try await control.run("rollback", "8").code == 0)
        #expect(try control.environmentState().json["flags"] == .integer(8))
    }

    @Test("what was put aside after kill -9 comes back whole, and nothing is no backup")
    func putAside() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("early"))
        let file = cluster.directory.path("backup.sqlite")
        #expect(try await control.run("backup", file).code == 0)
        try control.apply(Fixture.flags("late"))
        let digest = try control.environmentState().digest
        // All of it may be in the write-ahead log alone.
        control.kill()
        let restored = try await restore(file, to: control, "--yes", "--json")
        let aside = try #require(restored.json["replaced"]?.stringValue)
        #expect(try await restore(aside, to: control, "--yes").code == 0)
        try await control.start()
        #expect(try control.environmentState().digest == digest)
        control.kill()

        // With its log beside it, as somebody copies a data directory by hand.
        let copy = cluster.directory.path("copy")
        try TemporaryDirectory.copy(control.data, to: copy)
        #expect(try await restore(copy + "/control.sqlite", to: control, "--yes").code == 0)
        try await control.start()
        #expect(try control.environmentState().digest == digest)
        // A store is taken away, and its log forgotten: it must not be read into the backup.
        try control.apply(Fixture.flags("forgotten"))
        control.kill()
        let path = control.data + "/control.sqlite"
        #expect(FileManager.default.fileExists(atPath: path + "-wal"))
        try FileManager.default.moveItem(atPath: path, toPath: cluster.directory.path("taken-away.sqlite"))
        let alone = try await restore(aside, to: control, "--json")
        let log = try #require(alone.json["replaced"]?.stringValue, "\(alone)")
        #expect(FileManager.default.fileExists(atPath: log + "-wal"))
        try await control.start()
        #expect(try control.environmentState().digest == digest)
        try await control.stop()

        let empty = cluster.directory.path("empty.sqlite")
        #expect(FileManager.default.createFile(atPath: empty, contents: Data()))
        let refused = try await restore(empty, to: control, "--yes")
        #expect(refused.code == 1 && refused.errors.contains("empty"), "\(refused)")
        let foreign = cluster.directory.path("foreign.sqlite")
        try Data("SQLite format 3\u{0}".utf8).write(to: URL(fileURLWithPath: foreign))
        #expect(try await restore(foreign, to: control, "--yes").code == 1)
        try await control.start()
        #expect(try control.environmentState().digest == digest)
    }

    @Test("a backup that nobody takes leaves nothing behind")
    func abandoned() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("a"))
        for _ in 0..<5 {
            let socket = try BlockingSocket(.tcp(control.apiPort))
            try socket.send(Array("GET /v1/backup HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        }
        // The connections are gone with their sockets; the node goes on, and its directory holds what it held.
        try await eventually("no copy is left") { sighting in
            let names = try FileManager.default.contentsOfDirectory(atPath: control.data)
            sighting.note(names)
            return names.allSatisfy { !$0.contains("being-made") }
        }
        #expect(try await control.run("backup", cluster.directory.path("b.sqlite")).code == 0)
    }

    @Test("who watches across a restored backup is told that the history is another one")
    func watching() async throws {
        let cluster = try await Cluster(agents: 0)
        let control = cluster.control
        try control.apply(Fixture.flags("flag-1"))
        let file = cluster.directory.path("backup.sqlite")
        #expect(try await control.run("backup", file).code == 0)
        for number in 2...4 { try control.apply(Fixture.flags("flag-\(number)")) }
        let seen = try await control.run("watch", "--after", "3", "--count", "1", "--json")
        #expect(seen.json["revision"]?["number"] == .integer(4))
        let id = try #require(Self.id(of: try Self.firstEvent(control, "?after=3")))

        try await control.stop()
        #expect(try await restore(file, to: control, "--yes").code == 0)
        try await control.start()
        for number in 5...9 { try control.apply(Fixture.flags("flag-\(number)")) }
        #expect(id.hasPrefix("4-"))
        let answer = try Self.watch(control, lastEvent: id)
        #expect(answer.status == 409)
        #expect(answer.json["reason"] == .string("other-history"))
        // What both have is gone on from.
        let common = try Self.firstEvent(control, "?after=1")
        #expect(common.contains("flag-5"))
        // Who has seen no event yet comes back with what the stream began with.
        #expect(common.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("id: 1-") })
    }

    /// The answer to who comes back with an event's id; only of one that is refused, since others never end.
    private static func watch(_ control: ControlProcess, lastEvent id: String) throws -> HTTPAnswer {
        try HTTPConnection.request(
            .tcp(control.apiPort), "GET", "/v1/environments/production/watch", headers: ["Last-Event-ID": id])
    }

    private static func id(of event: String) -> String? {
        event.split(whereSeparator: \.isNewline).last { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) }
    }

    /// The text of a watch up to its first event's end.
    private static func firstEvent(_ control: ControlProcess, _ query: String) throws -> String {
        let socket = try BlockingSocket(.tcp(control.apiPort))
        try socket.send(Array("GET /v1/environments/production/watch\(query) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        var text = ""
        while !text.contains("data: ") || !text.hasSuffix("\n\n\r\n") {
            text += String(decoding: try socket.receive(), as: UTF8.self)
        }
        return text
    }
}
