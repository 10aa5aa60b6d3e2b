import Foundation
import GRDB
import HashTreeCollections
import Harness
import Replication
import Testing

@testable import Control

@Suite struct StoreTests {
    @Test func anEmptyDirectoryBecomesAStoreWithProduction() throws {
        let directory = try TemporaryDirectory()
        let store = try ControlStore(directory: directory.path, clock: 1)
        let loaded = try store.load()
        #expect(loaded.environments.map(\.state.name) == ["production"])
        let revision = try #require(loaded.environments.first).state.committed.revision
        #expect(revision.number == 0)
        #expect(revision.epoch.counter == 1)
        #expect(revision.epoch.id != 0)
    }

    @Test func aRestartContinuesTheSameEpochAndNumber() async throws {
        let directory = try TemporaryDirectory()
        let first = try ControlFixture(directory.path)
        try await first.apply(
            Sample.document(
                Sample.flag("a", targeting: "{\"if\": [{\"in_pilot\": \"staff\"}, \"on\", \"off\"]}"), Sample.flag("b"),
                pilots: "\"staff\": {\"members\": [\"ann\", \"bob\"]}"), set: "base")
        try await first.submit(.setDefault(flag: "b", variant: "on"))
        try await first.submit(.addMembers(pilot: "staff", ["eve"]))
        let before = try first.production
        await first.stop()

        let second = try ControlFixture(directory.path)
        let after = try second.production
        #expect(after.committed.revision == before.committed.revision)
        #expect(after.committed.revision.number == 3)
        #expect(after.committed.digest == before.committed.digest)
        #expect(after.committed.pilots["staff"]?.count == 3)
        #expect(after.references.flags(using: "staff") == ["a"])
        #expect(after.sets.entries(of: "base") == before.sets.entries(of: "base"))
        #expect(after.sets.entries(of: "base").count == 3)
        let next = try await second.submit(.deleteFlag("b"))
        #expect(next.revision.number == 4)
        #expect(next.revision.epoch == before.committed.revision.epoch)
        await second.stop()
    }

    /// What `kill -9` leaves: the files as they are, with the write-ahead log not folded in.
    @Test func acknowledgedChangesSurviveWithoutAnyStop() async throws {
        let directory = try TemporaryDirectory()
        let live = try ControlFixture(directory.path("live").made())
        try await live.apply(Sample.document(Sample.flag("a")))
        for variant in ["on", "off", "on"] { try await live.submit(.setDefault(flag: "a", variant: variant)) }
        try TemporaryDirectory.copy(live.directory, to: directory.path("copy"))
        let copy = try ControlFixture(directory.path("copy"))
        #expect(try copy.production.committed.revision == live.production.committed.revision)
        #expect(try copy.production.committed.digest == live.production.committed.digest)
        let recent = try copy.store.load().environments[0].recent
        #expect(recent.map(\.number) == [1, 2, 3, 4])
        await copy.stop()
        await live.stop()
    }

    @Test func aStoreOfANewerProgramIsRefused() async throws {
        let directory = try TemporaryDirectory()
        try await damaged(directory, "PRAGMA user_version = 7")
        let error = #expect(throws: ControlError.self) { try ControlStore(directory: directory.path, clock: 1) }
        #expect(error?.description.contains("format 7") == true)
    }

    @Test func aForeignDatabaseIsRefused() throws {
        let directory = try TemporaryDirectory()
        let queue = try DatabaseQueue(path: directory.path("control.sqlite"))
        try queue.write { try $0.execute(sql: "CREATE TABLE songs (title TEXT)") }
        try queue.close()
        let error = #expect(throws: ControlError.self) { try ControlStore(directory: directory.path, clock: 1) }
        #expect(error?.description.contains("not a Pilotlight control store") == true)
    }

    @Test(arguments: [
        "UPDATE entries SET bytes = replace(bytes, 'off', 'oof')",
        "DELETE FROM members WHERE member = 'ann'",
        "UPDATE environments SET number = number + 1",
        "UPDATE log SET delta = x'00' WHERE number = 1",
        "UPDATE environments SET digest = 'x'",
    ])
    func aDamagedStoreIsNotGuessedAt(_ damage: String) async throws {
        let directory = try TemporaryDirectory()
        try await damaged(directory, damage)
        let store = try ControlStore(directory: directory.path, clock: 1)
        let error = #expect(throws: ControlError.self) { try store.load() }
        #expect(error?.description.contains("is damaged") == true)
    }

    @Test func bytesThatAreNoDatabaseAreRefused() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("control.sqlite", [UInt8](repeating: 0x41, count: 8_192))
        let error = #expect(throws: ControlError.self) { try ControlStore(directory: directory.path, clock: 1) }
        #expect(error?.description.contains("damaged") == true)
    }

    @Test func aSecondNodeIsToldWhoHasTheDirectory() throws {
        let directory = try TemporaryDirectory()
        let lock = try DirectoryLock(directory: directory.path)
        let error = #expect(throws: ControlError.self) { try DirectoryLock(directory: directory.path) }
        #expect(error?.description.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
        withExtendedLifetime(lock) {}
    }

    @Test func onlyTestsMayLoosenTheSync() throws {
        #expect(try ControlStore.synchronousLevel(nil) == "FULL")
        #expect(try ControlStore.synchronousLevel("off") == "OFF")
        #expect(throws: ControlError.self) { try ControlStore.synchronousLevel("1; DROP TABLE log") }
    }

    /// A store with some content, closed, then changed behind its back.
    private func damaged(_ directory: TemporaryDirectory, _ sql: String) async throws {
        let fixture = try ControlFixture(directory.path)
        try await fixture.apply(
            Sample.document(Sample.flag("a"), pilots: "\"staff\": {\"members\": [\"ann\", \"bob\"]}"))
        await fixture.stop()
        let queue = try DatabaseQueue(path: directory.path("control.sqlite"))
        try await queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }
}

extension String {
    /// Makes the directory that this path names.
    func made() throws -> String {
        try FileManager.default.createDirectory(atPath: self, withIntermediateDirectories: true)
        return self
    }
}
