import Flags
import Harness
import HashTreeCollections
import JSON
import Replication
import Testing

@testable import Control

/// The history: every revision can be shown, and every earlier state worked out, to the digest.
@Suite struct PastStateTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture, StoreReader) {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        return (directory, fixture, try StoreReader(path: fixture.store.path))
    }

    /// One change drawn at random: of flags, components, kills, groups and members, small and large.
    private func change(_ random: inout SeededRandom) -> ChangeRequest.Kind {
        let flag = "flag-\(random.below(5))"
        let pilot = "group-\(random.below(3))"
        let members = (0..<random.below(6)).map { _ in "user-\(random.below(8))" }
        switch random.below(16) {
        case 0: return .deleteFlag(flag)
        case 1: return .createPilot(pilot)
        case 2: return .deletePilot(pilot)
        case 3, 4: return .addMembers(pilot: pilot, members)
        case 5: return .removeMembers(pilot: pilot, members)
        case 6: return .kill(flag: flag, variant: random.below(2) == 0 ? "on" : nil)
        case 7: return .unkill(flag: flag)
        case 8:
            let exclude = members.isEmpty ? nil : [members[0]]
            guard let share = Percentage(hundredths: Int(random.below(10_001))) else { return .unkill(flag: flag) }
            return .ramp(
                flag: flag,
                RampRequest(
                    variant: "on", percentage: share, pilots: [pilot], exclude: exclude,
                    overSeconds: random.below(2) == 0 ? 60 : nil, time: 1_800_000_000))
        case 9: return .editPilot(pilot, terms: ["percentage": .integer(Int64(random.below(101)))])
        case 10, 11, 12, 13: return componentChange(&random, pilot)
        default:
            let list = members.map { "\"\($0)\"" }.joined(separator: ", ")
            let text = Sample.document(
                Sample.flag(flag, default: random.below(2) == 0 ? "on" : "off"),
                pilots: "\"\(pilot)\": {\"members\": [\(list)]}")
            let source = SourceDocument(name: "drawn.json", bytes: Array(text.utf8))
            return .apply(ApplyRequest(ReadDocuments([source], lenient: false) { _ in true }))
        }
    }

    private func componentChange(_ random: inout SeededRandom, _ pilot: String) -> ChangeRequest.Kind {
        let name = "component-\(random.below(2))"
        let version = "1.\(random.below(3))"
        switch random.below(9) {
        case 0, 1: return .createComponent(name, version: ComponentVersion(version))
        case 2, 3: return .putVersion(component: name, version: ComponentVersion(version, upstream: "blue"))
        case 4: return .retireVersion(component: name, version: version)
        case 5: return .kill(flag: ComponentKey.flagKey(of: name), variant: version)
        case 6: return .unkill(flag: ComponentKey.flagKey(of: name))
        case 7: return .deleteFlag(ComponentKey.flagKey(of: name))
        default:
            let share = Percentage(hundredths: Int(random.below(10_001))) ?? .none
            return .editComponent(
                name,
                ComponentEdit(
                    split: [VersionSplit.Share(version, share)],
                    pilots: random.below(2) == 0 ? [] : [(pilot, random.below(3) == 0 ? nil : version)],
                    unchecked: true))
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func everyEarlierStateComesOutToTheDigest(seed: UInt64) async throws {
        let (directory, fixture, reader) = try fixture()
        var random = SeededRandom(seed: seed)
        var states: [UInt64: ReplicatedState] = [0: try fixture.production.committed]
        for _ in 0..<150 {
            // Many are refused: a flag that isn't there, a group that is.
            guard let outcome = try? await fixture.submit(change(&random)), outcome.published else { continue }
            states[outcome.revision.number] = try fixture.production.committed
        }
        #expect(states.count > 40)
        let head = try fixture.production
        for (number, expected) in states {
            let past = try #require(try await reader.state(at: number, from: head))
            #expect(past.digest == expected.digest)
            #expect(past.entries.keys.sorted() == expected.entries.keys.sorted())
            #expect(past.pilots.mapValues(\.count) == expected.pilots.mapValues(\.count))
            #expect(past.isSound)
        }
        // And each of them can be gone back to, groups and all, but for the kills, which stay as they are.
        for flag in head.committed.kills { try await fixture.submit(.unkill(flag: flag)) }
        for number in states.keys.sorted().prefix(20) {
            let content = try #require(try await reader.state(at: number, from: try fixture.production))
            _ = try await fixture.submit(.rollback(RollbackRequest(number: number, content: content, pilots: true)))
            let expected = try #require(states[number])
            #expect(try fixture.production.committed.digest == expected.unkilled.digest)
        }
        reader.close()
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func whatTheHistoryShowsIsWhatTheChangesSaid() async throws {
        let (directory, fixture, reader) = try fixture()
        var random = SeededRandom(seed: 9)
        var said: [UInt64: [DiffLine]] = [:]
        for _ in 0..<80 {
            guard let outcome = try? await fixture.submit(change(&random)), outcome.published else { continue }
            said[outcome.revision.number] = outcome.diff
        }
        let id = try fixture.production.id
        for (number, diff) in said {
            let entry = try #require(try await reader.entry(of: id, number))
            #expect(Set(entry.diff) == Set(diff), "revision \(number)")
            #expect(entry.actor == "test")
            #expect(entry.event == .change)
        }
        let following = try await reader.following(0, in: id, limit: 1_000).map(\.revision.number)
        #expect(following == said.keys.sorted())
        let touching = try await reader.page(
            of: id, HistoryFilter(kinds: [.flag], name: "flag-1"), limit: 1_000)
        #expect(touching.allSatisfy { $0.diff.contains { $0.kind == "flag" && $0.key == "flag-1" } })
        #expect(touching.count == said.values.count { $0.contains { $0.kind == "flag" && $0.key == "flag-1" } })
        reader.close()
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func aRollBackTouchesNoGroupUnlessAskedAndNamesWhatIsMissing() async throws {
        let (directory, fixture, reader) = try fixture()
        let rule = #"{"if": [{"in_pilot": "staff"}, "on", null]}"#
        try await fixture.apply(
            Sample.document(Sample.flag("a", targeting: rule), pilots: #""staff": {"members": ["ann"]}"#))
        let before = try fixture.production.committed.digest
        try await fixture.apply(Sample.document(Sample.flag("a", default: "on"), Sample.flag("b")))
        try await fixture.submit(.addMembers(pilot: "staff", ["bob"]))

        func back(pilots: Bool) async throws -> ChangeOutcome {
            let content = try #require(try await reader.state(at: 1, from: try fixture.production))
            return try await fixture.submit(.rollback(RollbackRequest(number: 1, content: content, pilots: pilots)))
        }
        let flagsOnly = try await back(pilots: false)
        #expect(flagsOnly.diff.map { "\($0.operation) \($0.key)" } == ["change a", "remove b"])
        #expect(try fixture.production.committed.pilots["staff"]?.count == 2)
        #expect(try fixture.production.references.flags(using: "staff") == ["a"])

        // The group goes, and with it what the flag of old refers to.
        try await fixture.apply(Sample.document(Sample.flag("a")))
        try await fixture.submit(.deletePilot("staff"))
        let refusal = await #expect(throws: Refusal.self) { try await back(pilots: false) }
        #expect(refusal?.kind == .conflict)
        #expect(refusal?.problems.map(\.pointer) == ["/flags/a"])
        #expect(refusal?.problems.first?.message.contains("\"staff\", which was deleted since") == true)
        _ = try await back(pilots: true)
        #expect(try fixture.production.committed.digest == before)
        reader.close()
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func oldHistoryGoesAndTheStateStays() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        for number in 1...30 { try await fixture.apply(Sample.document(Sample.flag("flag-\(number)"))) }
        let id = try fixture.production.id
        let digest = try fixture.production.committed.digest
        #expect(try fixture.store.trim(.revisions(10), now: 1).isMore == false)
        let reader = try StoreReader(path: fixture.store.path)
        #expect(try await reader.oldest(in: id) == 21)
        #expect(try await reader.entry(of: id, 20) == nil)
        #expect(try await reader.state(at: 20, from: try fixture.production) == nil)
        #expect(try await reader.state(at: 21, from: try fixture.production)?.entries.count == 21)
        // By age: everything but the newest, which the next change goes on from.
        #expect(try fixture.store.trim(.milliseconds(1), now: .max >> 2).isMore == false)
        #expect(try await reader.oldest(in: id) == 30)
        reader.close()
        await fixture.stop()
        let again = try ControlFixture(directory.path)
        #expect(try again.production.committed.digest == digest)
        #expect(try await again.apply(Sample.document(Sample.flag("next"))).revision.number == 31)
        await again.stop()
    }

    @Test func keptRevisionsAreCountedWhereAnEpochPassedOverNumbers() async throws {
        let directory = try TemporaryDirectory()
        let fixture = try ControlFixture(directory.path)
        for number in 1...10 { try await fixture.apply(Sample.document(Sample.flag("flag-\(number)"))) }
        let heard = Revision(epoch: try fixture.production.committed.revision.epoch, number: 50_000)
        _ = try await fixture.committer.beginEpoch("production", heard: [heard], actor: "test", message: "")
        #expect(try fixture.store.trim(.revisions(6), now: 1).revisions == 6)
        let reader = try StoreReader(path: fixture.store.path)
        let kept = try await reader.page(of: try fixture.production.id, limit: 100).map(\.revision.number)
        #expect(kept == [50_001, 10, 9, 8, 7, 6])
        reader.close()
        await fixture.stop()
    }
}

extension ReplicatedState {
    /// The keys of killed flags.
    fileprivate var kills: [String] { entries.keys.filter { $0.kind == .kill }.map(\.name).sorted() }

    fileprivate var unkilled: ReplicatedState {
        var state = self
        state.apply(kills.map { .delete(EntryKey(.kill, $0)) })
        return state
    }
}
