import HashTreeCollections
import Testing

@testable import Flags
@testable import Replication

/// What a state and a replica are when members are kept as hashes.
@Suite struct MemberFormTests {
    private let start = Revision(epoch: Epoch(counter: 1, id: 1), number: 0)
    private let staff = EntryKey(.pilot, "staff")

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func theDigestDoesNotKnowTheForm(seed: UInt64) {
        var random = RandomMessages(seed: seed)
        var names = ReplicatedState(revision: start)
        var hashes = ReplicatedState(revision: start, keeping: .hashes)
        for _ in 0..<80 {
            let members = (0..<random.below(60)).map { _ in "user-\(random.below(800))" }
            let pilot = ["staff", "a"][random.below(2)]
            let change: EntryChange =
                switch random.below(8) {
                case 0: .delete(EntryKey(.pilot, pilot))
                case 1: .replaceMembers(pilot: pilot, members)
                case 2, 3: .removeMembers(pilot: pilot, members)
                case 4: .put(EntryKey(.pilot, pilot), random.bytes())
                default: .addMembers(pilot: pilot, members)
                }
            names.apply(change)
            hashes.apply(change)
            #expect(names.digest == hashes.digest && names.entryCount == hashes.entryCount)
            #expect(names.pilots == hashes.pilots)
            #expect(names.isSound && hashes.isSound)
        }
        for (pilot, group) in names.pilots {
            let held = hashes.pilots[pilot]?.members
            #expect(held?.form == .hashes && held?.count == group.count)
            #expect(
                (0..<800).allSatisfy { held?.contains("user-\($0)") == group.members.contains("user-\($0)") })
        }
    }

    @Test func whatIsBuiltIsWhatGrew() {
        let members = (0..<3_000).map { "user-\($0)" } + ["", "é", "e\u{301}"]
        var grown = ReplicatedState(revision: start, keeping: .hashes)
        grown.apply([.addMembers(pilot: "staff", ["before"]), .replaceMembers(pilot: "staff", members)])
        var builder = PilotMembersBuilder(pilot: "staff")
        for member in members { Array(member.utf8).withUnsafeBytes { builder.add($0) } }
        var built = ReplicatedState(revision: start, keeping: .hashes)
        built.apply(.addMembers(pilot: "staff", ["before"]))
        built.put(builder.built(), ofPilot: "staff")
        #expect(built.digest == grown.digest && built.entryCount == 3_003 && built.pilots == grown.pilots)
        #expect(built.isSound)
        #expect(built.pilots["staff"]?.members.contains("before") == false)
        built.put(PilotMembersBuilder(pilot: "staff").built(), ofPilot: "staff")
        #expect(built.digest == .empty && built.pilots["staff"] == nil)
    }

    // MARK: Everything anew

    /// Control and an agent with members, level.
    private func level() throws -> Pair {
        var settings = CatchUpServer.Settings()
        settings.chunkBytes = 500
        var pair = Pair(server: settings)
        pair.start()
        pair.deliver(
            try pair.store(
                put("a"), .put(staff, Array("{}".utf8)),
                .addMembers(pilot: "staff", (0..<200).map { "user-\($0)" })))
        try #require(pair.isEqual)
        #expect(pair.replica.state?.memberForm == .hashes)
        return pair
    }

    /// What a cache holds after a batch that is whole, whatever it held.
    private func content(of batch: Batch?) -> ReplicatedState {
        var state = ReplicatedState(revision: start)
        state.apply(batch?.changes ?? [])
        return state
    }

    @Test func anOrdinaryBatchIsNotWhole() throws {
        var pair = try level()
        #expect(pair.batches.allSatisfy { !$0.isWhole })
        // Nor is what follows a manifest, when one's own state is trusted.
        pair.beginEpoch()
        try pair.store(put("b"))
        pair.beat()
        pair.settle()
        #expect(pair.isEqual && pair.batches.last?.origin == .snapshot && pair.batches.last?.isWhole == false)
    }

    @Test func everythingIsFetchedThoughNothingDiffers() throws {
        var pair = try level()
        pair.perform(pair.replica.fetchEverything(now: pair.now))
        pair.settle()
        let last = try #require(pair.batches.last)
        #expect(last.isWhole && last.origin == .snapshot && last.revision == pair.log.committed.revision)
        #expect(content(of: last).digest == pair.log.committed.digest)
        #expect(pair.isEqual && !pair.replica.isCatchingUp)
        // Once: the next one is a delta again.
        pair.deliver(try pair.store(put("c")))
        #expect(pair.batches.last?.isWhole == false && pair.isEqual)
    }

    @Test func askingForEverythingTwiceFetchesItOnce() throws {
        var pair = try level()
        pair.perform(pair.replica.fetchEverything(now: pair.now))
        #expect(pair.replica.fetchEverything(now: pair.now).isEmpty)
        pair.settle()
        #expect(pair.batches.count { $0.isWhole } == 1)
        pair.perform(pair.replica.fetchEverything(now: pair.now))
        pair.settle()
        #expect(pair.batches.count { $0.isWhole } == 2)
    }

    @Test func everythingIsFetchedAfterACatchUpThatIsUnderWay() throws {
        var pair = try level()
        pair.losesRequests = 1
        try pair.store(put("lost"))
        pair.beat()
        #expect(pair.replica.isCatchingUp)
        pair.perform(pair.replica.fetchEverything(now: pair.now))
        pair.settle()
        #expect(pair.isEqual && pair.batches.last?.isWhole == true)
        #expect(content(of: pair.batches.last).digest == pair.log.committed.digest)
    }

    @Test func changesGoOnWhileEverythingIsAwaited() throws {
        var pair = try level()
        pair.perform(pair.replica.fetchEverything(now: pair.now))
        pair.deliver(try pair.store(put("meanwhile")))
        // A heartbeat that agrees doesn't make the fetch needless.
        pair.beat()
        pair.settle()
        #expect(pair.isEqual)
        #expect(pair.batches.last?.isWhole == true && pair.batches.last?.revision.number == 2)
    }

    @Test func damagedHashesAreFetchedAnew() throws {
        var pair = try level()
        // Enough for a base.
        pair.deliver(try pair.store(.addMembers(pilot: "staff", (0..<2_000).map { "more-\($0)" })))
        let table = try #require(pair.replica.state?.pilots["staff"]?.members.hashes.base.hashes)
        #expect(table.count > 1_000)
        // Nothing in the code lets a table be changed: the memory itself is.
        table.withUnsafeBytes { bytes in
            UnsafeMutableRawPointer(mutating: bytes.baseAddress!).storeBytes(of: 0xAA, as: UInt8.self)
        }
        #expect(pair.replica.state?.isSound == false)
        // What makes it look: the next manifest.
        pair.beginEpoch()
        pair.beat()
        pair.settle()
        #expect(pair.isEqual && pair.batches.last?.isWhole == true)
        #expect(pair.replica.state?.isSound == true && pair.replica.state?.memberForm == .hashes)
        #expect(content(of: pair.batches.last).digest == pair.log.committed.digest)
    }
}
