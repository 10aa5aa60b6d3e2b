import Replication
import Testing

@Suite struct CodingTests {
    private static let seeds: ClosedRange<UInt64> = 1...60

    /// A message's way to bytes and back, without its type.
    private struct Coding {
        var name: String
        var bytes: [UInt8]
        /// Throws, or writes again what it read.
        var again: ([UInt8]) throws -> [UInt8]
        var isSame: ([UInt8]) throws -> Bool
    }

    private func everyMessage(_ seed: UInt64) -> [Coding] {
        var random = RandomMessages(seed: seed)
        let delta = random.delta()
        return [
            Coding(
                name: "delta", bytes: delta.encoded(), again: { try Delta(encoded: $0).encoded() },
                isSame: { try Delta(encoded: $0) == delta })
        ]
            + random.publications().map { message in
                Coding(
                    name: "\(message)", bytes: message.encoded(), again: { try Publication(encoded: $0).encoded() },
                    isSame: { try Publication(encoded: $0) == message })
            }
            + random.requests().map { message in
                Coding(
                    name: "\(message)", bytes: message.encoded(), again: { try SyncRequest(encoded: $0).encoded() },
                    isSame: { try SyncRequest(encoded: $0) == message })
            }
            + random.replies().map { message in
                Coding(
                    name: "\(message)", bytes: message.encoded(), again: { try SyncReply(encoded: $0).encoded() },
                    isSame: { try SyncReply(encoded: $0) == message })
            }
    }

    @Test func whatIsWrittenIsReadBack() throws {
        for seed in Self.seeds {
            for message in everyMessage(seed) {
                #expect(try message.isSame(message.bytes), "\(message.name)")
                #expect(try message.again(message.bytes) == message.bytes, "\(message.name)")
            }
        }
    }

    @Test func everyTruncatedMessageIsRefused() {
        for seed in Self.seeds.prefix(15) {
            for message in everyMessage(seed) {
                for length in 0..<message.bytes.count {
                    #expect(throws: MalformedMessage.self, "\(message.name) cut to \(length) bytes") {
                        try message.again(Array(message.bytes.prefix(length)))
                    }
                }
            }
        }
    }

    @Test func bytesTooManyAreRefused() {
        for message in everyMessage(7) {
            #expect(throws: MalformedMessage.self, "\(message.name)") { try message.again(message.bytes + [0]) }
        }
    }

    /// Flipped bits may make another message, but never one that can be read in two ways, and never a crash.
    @Test func aMangledMessageIsRefusedOrReadAsItStands() {
        for seed in Self.seeds {
            var random = RandomMessages(seed: ~seed)
            for message in everyMessage(seed) {
                for _ in 0..<20 {
                    var bytes = message.bytes
                    for _ in 0...random.below(3) {
                        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.bits())
                    }
                    if let again = try? message.again(bytes) { #expect(again == bytes, "\(message.name)") }
                }
            }
        }
    }

    @Test func noiseIsRefused() {
        var random = RandomMessages(seed: 5)
        for _ in 0..<3_000 {
            let noise = random.bytes()
            if let read = try? Publication(encoded: noise) { #expect(read.encoded() == noise) }
            if let read = try? SyncRequest(encoded: noise) { #expect(read.encoded() == noise) }
            if let read = try? SyncReply(encoded: noise) { #expect(read.encoded() == noise) }
        }
    }

    /// A length that promises gigabytes makes no room for them.
    @Test func aListLongerThanItsMessageIsRefused() {
        let changes: [UInt8] = Array(repeating: 0xFF, count: 4)
        let head = Delta(
            revision: Revision(epoch: Epoch(counter: 1, id: 1), number: 1), digest: .empty, time: 0, changes: [])
        #expect(throws: MalformedMessage.self) { try Delta(encoded: head.encoded().dropLast(4) + changes) }
    }

    /// The layout of docs/wire-protocol.md, byte by byte.
    @Test func aHeartbeatIsLaidOutAsDocumented() {
        let heartbeat = Heartbeat(
            revision: Revision(epoch: Epoch(counter: 2, id: 0x0102), number: 3), digest: Digest(4, 5, 6, 7), clock: 8,
            node: 9)
        func word(_ low: UInt8, _ next: UInt8 = 0) -> [UInt8] { [low, next, 0, 0, 0, 0, 0, 0] }
        let words: [[UInt8]] = [word(2), word(2, 1), word(3), word(4), word(5), word(6), word(7), word(8), word(9)]
        #expect(Publication.heartbeat(heartbeat).encoded() == [3] + words.flatMap { $0 })
    }

    @Test func aDeltaIsPublishedByTheBytesThatAreKept() throws {
        var random = RandomMessages(seed: 11)
        let delta = random.delta()
        #expect(Publication.encoded(delta: delta.encoded()) == Publication.delta(delta).encoded())
    }

    @Test func aTopicIsNoPrefixOfAnother() {
        #expect(!Wire.topic(of: "production").starts(with: Wire.topic(of: "prod")))
    }
}
