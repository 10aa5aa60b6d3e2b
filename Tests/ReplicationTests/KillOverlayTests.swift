import Flags
import JSON
import Testing

@testable import Replication

@Suite struct KillOverlayTests {
    private static let epoch = Epoch(counter: 3, id: 9)
    private static let off = Kill(variant: "off", value: .bool(false))

    private static func revision(_ number: UInt64, _ epoch: Epoch = epoch) -> Revision {
        Revision(epoch: epoch, number: number)
    }

    private static func kill(
        _ flag: String, _ number: UInt64, _ epoch: Epoch = epoch, _ kill: Kill = off
    ) -> UrgentKill {
        UrgentKill(flag: flag, kill: kill, revision: revision(number, epoch))
    }

    @Test func itIsInForceUntilItsNumberIsShown() {
        var overlay = KillOverlay()
        let isNews = overlay.receive(Self.kill("a", 8), shown: Self.revision(5))
        #expect(isNews)
        for number: UInt64 in 5...7 { #expect(overlay.inForce(over: Self.revision(number)) == ["a": Self.off]) }
        #expect(overlay.inForce(over: Self.revision(8)).isEmpty)
        #expect(overlay.inForce(over: nil).isEmpty)
        let atSeven = overlay.advance(to: Self.revision(7))
        #expect(!atSeven && !overlay.isEmpty)
        let atEight = overlay.advance(to: Self.revision(8))
        #expect(atEight && overlay.isEmpty)
    }

    @Test func whatIsReachedOrOfAnotherEpochIsNoNews() {
        var overlay = KillOverlay()
        let others = [
            Self.kill("a", 5), Self.kill("a", 4), Self.kill("a", 6, Epoch(counter: 3, id: 8)),
            Self.kill("a", 6, Epoch(counter: 4, id: 9)), Self.kill("a", 6, Epoch(counter: 2, id: 9)),
        ]
        for kill in others {
            let isNews = overlay.receive(kill, shown: Self.revision(5))
            #expect(!isNews)
        }
        // Who holds nothing confirmed shows nothing that could be killed.
        let withoutState = overlay.receive(Self.kill("a", 6), shown: nil)
        #expect(!withoutState && overlay.isEmpty)
    }

    @Test func ofTwoCopiesTheHigherNumberCounts() {
        let on = Kill(variant: "on", value: .bool(true))
        let both = [Self.kill("a", 7), Self.kill("a", 9, Self.epoch, on)]
        for order in [both, both.reversed()] {
            var overlay = KillOverlay()
            for kill in order { _ = overlay.receive(kill, shown: Self.revision(5)) }
            #expect(overlay.inForce(over: Self.revision(5)) == ["a": on])
            // Reaching the lower one doesn't drop it.
            let isDropped = overlay.advance(to: Self.revision(7))
            #expect(!isDropped)
        }
        var overlay = KillOverlay([both[0]])
        let isNews = overlay.receive(both[0], shown: Self.revision(5))
        #expect(!isNews)
    }

    @Test func aNewEpochDropsWhatCameBeforeIt() {
        var overlay = KillOverlay([Self.kill("a", 7), Self.kill("b", 8)])
        let next = Epoch(counter: 4, id: 1)
        #expect(overlay.inForce(over: Self.revision(6, next)).isEmpty)
        let isDropped = overlay.advance(to: Self.revision(6, next))
        #expect(isDropped && overlay.isEmpty)
    }

    @Test func itIsReadAsItWasWritten() throws {
        let rich = Kill(variant: "grün", value: .array([.integer(1), .string("x"), .null]))
        for kills in [[], [Self.kill("a", 7)], [Self.kill("b", 8, Self.epoch, rich), Self.kill("a", 7)]] {
            let overlay = KillOverlay(kills)
            let bytes = overlay.encoded()
            #expect(try KillOverlay(encoded: bytes) == overlay)
            #expect(KillOverlay(kills.reversed()).encoded() == bytes)
            for length in bytes.indices {
                #expect(throws: MalformedMessage.self) { try KillOverlay(encoded: Array(bytes.prefix(length))) }
            }
            #expect(throws: MalformedMessage.self) { try KillOverlay(encoded: bytes + [0]) }
        }
    }

    @Test func theCopyIsToldByItsFirstByte() {
        let kill = SyncReply.kill(Self.kill("a", 7))
        #expect(SyncReply.isUrgent(encoded: kill.encoded()))
        let others: [SyncReply] = [
            .welcome(version: 1, node: 1), .refused(request: 1, .malformed, text: ""), .deltas(request: 1, [], head: 1),
            .part(request: 1, number: 1, offset: 0, total: 0, []), .upToDate(request: 1),
            .manifest(request: 1, session: 1, Self.revision(1), .empty, [], last: true),
            .entries(request: 1, session: 1, [], last: true), .busy(request: 1, milliseconds: 1),
            .sessionOver(request: 1),
        ]
        for reply in others { #expect(!SyncReply.isUrgent(encoded: reply.encoded())) }
        #expect(!SyncReply.isUrgent(encoded: []))
    }

    /// Whatever order copies and deltas come in, an agent shows a flag killed as soon as either has come, and never after
    /// it has shown the unkill.
    @Test(arguments: 0..<200 as Range<UInt64>) func copiesNeverOutliveTheirTurn(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        // Control kills and unkills one flag in turn: odd numbers kill.
        let last: UInt64 = 12
        var copies = stride(from: 1, through: last, by: 2).map { Self.kill("a", $0) }.shuffled(using: &random)
        var overlay = KillOverlay()
        var shown: UInt64 = 0
        var heard: UInt64 = 0
        while shown < last || !copies.isEmpty {
            if Bool.random(using: &random), let copy = copies.popLast() {
                _ = overlay.receive(copy, shown: Self.revision(shown))
                heard = max(heard, copy.revision.number)
            } else if shown < last {
                shown += 1
                // Before or after the swap: that is the shell's affair, and makes no difference.
                if Bool.random(using: &random) { _ = overlay.advance(to: Self.revision(shown)) }
            }
            let isShownKilled = shown % 2 == 1 || !overlay.inForce(over: Self.revision(shown)).isEmpty
            #expect(isShownKilled == (shown % 2 == 1 || heard > shown))
        }
        _ = overlay.advance(to: Self.revision(shown))
        #expect(overlay.isEmpty)
    }
}
