import Flags
import GRDB
import Harness
import HashTreeCollections
import Replication
import Synchronization
import Testing

@testable import Control

@Suite struct CommitterTests {
    @Test func manyWritersShareCommitsAndNumbersAreDense() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        let writers = 20
        let each = 25
        let flags = (0..<writers).map { Sample.flag("flag-\($0)") }.joined(separator: ", ")
        try await fixture.apply("{\"flags\": {\(flags)}}")
        let numbers = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var numbers: [UInt64] = []
                    for round in 0..<each {
                        let variant = round % 2 == 0 ? "on" : "off"
                        let kind = ChangeRequest.Kind.setDefault(flag: "flag-\(writer)", variant: variant)
                        numbers.append(try await fixture.submit(kind).revision.number)
                    }
                    return numbers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(numbers.sorted() == (2...UInt64(writers * each + 1)).map { $0 })
        #expect(fixture.publishedNumbers == (1...UInt64(writers * each + 1)).map { $0 })
        await fixture.committer.stop()
        #expect(fixture.committer.changes == UInt64(writers * each + 1))
        #expect(fixture.committer.commits < fixture.committer.changes / 2)
        fixture.store.close()
    }

    @Test func whatIsAcknowledgedWasPublishedBefore() async throws {
        let directory = try TemporaryDirectory()
        let seen = SeenNumber()
        let fixture = try ControlFixture(directory.path) { seen.note($0.state.revision.number) }
        try await fixture.apply(Sample.document(Sample.flag("a")))
        for round in 0..<50 {
            let outcome = try await fixture.submit(.setDefault(flag: "a", variant: round % 2 == 0 ? "on" : "off"))
            #expect(seen.number >= outcome.revision.number)
            #expect(try fixture.production.committed.revision.number >= outcome.revision.number)
        }
        await fixture.stop()
    }

    private final class SeenNumber: Sendable {
        private let value = Mutex<UInt64>(0)
        func note(_ number: UInt64) { value.withLock { $0 = number } }
        var number: UInt64 { value.withLock { $0 } }
    }

    @Test func aRefusalTouchesNobodyElse() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        try await fixture.apply(Sample.document(Sample.flag("a"), Sample.flag("b")))
        async let good = fixture.submit(.setDefault(flag: "a", variant: "on"))
        async let unknown = refusal { try await fixture.submit(.setDefault(flag: "aa", variant: "on")) }
        async let noVariant = refusal { try await fixture.submit(.setDefault(flag: "b", variant: "of")) }
        async let alsoGood = fixture.submit(.setState(flag: "b", enabled: false))
        #expect(try await good.published)
        #expect(try await alsoGood.published)
        let first = try #require(await unknown)
        #expect(first.kind == .unknown)
        #expect(first.hint == "did you mean \"a\"?")
        let second = try #require(await noVariant)
        #expect(second.kind == .invalid)
        #expect(second.hint == "did you mean \"off\"?")
        #expect(try fixture.production.committed.revision.number == 3)
        await fixture.stop()
    }

    @Test func nothingToDoUsesNoNumber() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        let document = Sample.document(Sample.flag("a"), pilots: "\"staff\": {\"members\": [\"ann\"]}")
        try await fixture.apply(document)
        #expect(try await !fixture.apply(document).published)
        #expect(try await !fixture.submit(.setDefault(flag: "a", variant: "off")).published)
        #expect(try await !fixture.submit(.addMembers(pilot: "staff", ["ann"])).published)
        #expect(try await !fixture.submit(.removeMembers(pilot: "staff", ["bob"])).published)
        #expect(try fixture.production.committed.revision.number == 1)
        await fixture.stop()
    }

    @Test func aFailedTransactionMovesNothing() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        try await fixture.apply(Sample.document(Sample.flag("a")))
        let before = try fixture.production.committed
        // Another connection holds the write lock: the transaction can't begin.
        var unsafe = Configuration()
        unsafe.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: directory.path("control.sqlite"), configuration: unsafe)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let refused = try #require(await refusal { try await fixture.submit(.setDefault(flag: "a", variant: "on")) })
        #expect(refused.kind == .failed)
        #expect(try fixture.production.committed.revision == before.revision)
        #expect(fixture.publishedNumbers == [1])
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try other.close()
        let outcome = try await fixture.submit(.setDefault(flag: "a", variant: "on"))
        #expect(outcome.revision.number == 2)
        #expect(fixture.publishedNumbers == [1, 2])
        await fixture.stop()
        let again = try ControlStore(directory: directory.path, clock: 1).load()
        #expect(again.environments[0].state.committed.revision.number == 2)
    }

    @Test func aBlockedEnvironmentTakesNoWritesUntilANewEpoch() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        try await fixture.apply(Sample.document(Sample.flag("a")))
        let own = try fixture.production.committed
        var heard = own.revision
        heard.number = 40
        let divergence = Divergence(.higherNumber, heard: heard, heardDigest: .empty, own: own.revision)
        fixture.committer.block("production", divergence)
        let refused = try #require(await refusal { try await fixture.submit(.setDefault(flag: "a", variant: "on")) })
        #expect(refused.kind == .conflict)
        #expect(refused.hint?.contains("new-epoch production --yes") == true)
        await fixture.stop()

        // The block outlives the process.
        let second = try ControlFixture(directory.path)
        #expect(try second.production.log.blocked == divergence)
        let begun = try await second.committer.beginEpoch(
            "production", heard: [Revision(epoch: Epoch(counter: 9, id: 3), number: 12)], actor: "", message: "")
        #expect(begun.committed.revision.epoch.counter == 10)
        #expect(begun.committed.revision.number == 41)
        #expect(begun.committed.digest == own.digest)
        let next = try await second.submit(.setDefault(flag: "a", variant: "on"))
        #expect(next.revision.number == 42)
        await second.stop()

        let third = try ControlFixture(directory.path)
        #expect(try third.production.committed.revision == next.revision)
        #expect(try third.production.log.blocked == nil)
        #expect(try third.store.load().environments[0].recent.map(\.number) == [42])
        await third.stop()
    }

    @Test func environmentsAreIndependent() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        _ = try await fixture.committer.createEnvironment("staging", .v3, actor: "ann", message: "")
        try await fixture.apply(Sample.document(Sample.flag("a")))
        let refused = await refusal {
            try await fixture.submit(.setDefault(flag: "a", variant: "on"), environment: "staging")
        }
        #expect(refused?.kind == .unknown)
        let unknown = await refusal { try await fixture.submit(.deleteFlag("a"), environment: "stagging") }
        #expect(unknown?.hint == "did you mean \"staging\"?")
        // Its bucketing is all that it holds, and it is on disk.
        #expect(fixture.published["staging"]?.committed.revision.number == 1)
        let loaded = try fixture.store.load().environments.first { $0.state.name == "staging" }
        let settings = loaded?.state.committed.bytes(of: .settings)
        #expect(settings == Array(#"{"bucketing":"v3"}"#.utf8) && loaded?.recent.map(\.number) == [1])
        await fixture.stop()
    }
}

/// The refusal that `body` ends with; nil when it doesn't.
func refusal(_ body: () async throws -> some Any) async -> Refusal? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? Refusal
    }
}
