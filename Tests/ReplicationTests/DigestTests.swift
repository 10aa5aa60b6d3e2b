import Replication
import Testing

@Suite struct DigestTests {
    private let start = Revision(epoch: Epoch(counter: 1, id: 1), number: 0)

    private func randomChange(_ random: inout RandomMessages) -> EntryChange {
        let key = EntryKey([.flag, .pilot][random.below(2)], ["a", "b", "caf\u{e9}", "cafe\u{301}"][random.below(4)])
        let members = (0..<random.below(4)).map { _ in "user-\(random.below(6))" }
        return switch random.below(6) {
        case 0, 1: .put(key, random.bytes())
        case 2: .delete(key)
        case 3: .addMembers(pilot: "staff", members)
        case 4: .removeMembers(pilot: "staff", members)
        default: .replaceMembers(pilot: ["staff", "a"][random.below(2)], members)
        }
    }

    @Test func theRunningDigestIsTheOneWorkedOutAnew() {
        for seed in 1...40 as ClosedRange<UInt64> {
            var random = RandomMessages(seed: seed)
            var state = ReplicatedState(revision: start)
            for _ in 0..<60 {
                state.apply(randomChange(&random))
                #expect(state.isSound)
            }
            #expect(state.memberCount == state.pilots.reduce(0) { $0 + $1.value.count })
        }
    }

    @Test func theOrderOfEntriesDoesNotMatter() {
        let changes: [EntryChange] = [
            .put(EntryKey(.flag, "a"), [1]), .put(EntryKey(.flag, "b"), [2]), .put(EntryKey(.pilot, "staff"), []),
            .addMembers(pilot: "staff", ["ann", "bob"]),
        ]
        var one = ReplicatedState(revision: start)
        one.apply(changes)
        var other = ReplicatedState(revision: start)
        other.apply(changes.reversed())
        #expect(one.digest == other.digest)
    }

    @Test func everyPartOfAnEntryCounts() {
        let term = Digest.term(of: EntryKey(.flag, "ab"), bytes: [3])
        #expect(term != Digest.term(of: EntryKey(.pilot, "ab"), bytes: [3]))
        #expect(term != Digest.term(of: EntryKey(.flag, "a"), bytes: [UInt8(ascii: "b"), 3]))
        #expect(term != Digest.term(of: EntryKey(.flag, "ab"), bytes: [4]))
        #expect(Digest.term(pilot: "a", member: "bc") != Digest.term(pilot: "ab", member: "c"))
        #expect(
            Digest.term(of: EntryKey(.flag, "caf\u{e9}"), bytes: [])
                != Digest.term(of: EntryKey(.flag, "cafe\u{301}"), bytes: []))
    }

    @Test func changesThatChangeNothingLeaveTheDigest() {
        var state = ReplicatedState(revision: start)
        state.apply([
            .put(EntryKey(.flag, "a"), [1]), .put(EntryKey(.pilot, "staff"), []), .addMembers(pilot: "staff", ["ann"]),
        ])
        let before = state.digest
        state.apply([
            .put(EntryKey(.flag, "a"), [1]), .delete(EntryKey(.flag, "none")),
            .addMembers(pilot: "staff", ["ann", "ann"]),
            .removeMembers(pilot: "staff", ["bob"]), .removeMembers(pilot: "none", ["ann"]),
            .replaceMembers(pilot: "staff", ["ann"]),
        ])
        #expect(state.digest == before)
        #expect(state.memberCount == 1)
    }

    @Test func deletingAGroupTakesItsMembersAlong() {
        var state = ReplicatedState(revision: start)
        state.apply([.put(EntryKey(.pilot, "staff"), []), .addMembers(pilot: "staff", ["ann", "bob"])])
        state.apply(.delete(EntryKey(.pilot, "staff")))
        #expect(state.digest == .empty)
        #expect(state.entryCount == 0)
    }

    @Test func twoSpellingsOfOneNameAreTwoEntries() {
        var state = ReplicatedState(revision: start)
        state.apply([.put(EntryKey(.flag, "caf\u{e9}"), [1]), .put(EntryKey(.flag, "cafe\u{301}"), [2])])
        #expect(state.entries.count == 2)
        #expect(state.bytes(of: EntryKey(.flag, "caf\u{e9}")) == [1])
    }

    @Test func aDigestIsReadFromItsText() {
        var random = RandomMessages(seed: 3)
        for _ in 0..<50 {
            let digest = random.digest()
            #expect(Digest(digest.description) == digest)
        }
        #expect(Digest(String(repeating: "0", count: 63)) == nil)
        #expect(Digest(String(repeating: "g", count: 64)) == nil)
        #expect(Digest("+" + String(repeating: "0", count: 63)) == nil)
    }

    /// The documented term: SHA-256 over kind, length, name, bytes. Worked out with another implementation.
    @Test func aTermIsTheDocumentedHash() {
        let term = Digest.term(of: EntryKey(.flag, "a"), bytes: Array("{}".utf8))
        #expect(term.description == expectedTerm)
    }

    private let expectedTerm = "6e760031979843919f48f590696dba018913bd5d3e59b42d92e0bba488fded23"
}
