import Foundation
import JSON
import Replication
import Testing

@testable import Agent

@Suite struct SortedNamesTests {
    @Test func theyComeInTheOrderOfTheirBytes() {
        let lists = [["b", "", "ab", "é"], [], ["a", "e\u{301}", "b", "a\u{0}"], ["zz", "z"]]
        var seen: [String] = []
        SortedNames(lists).forEach { seen.append(String(decoding: $0, as: UTF8.self)) }
        let expected = lists.joined().sorted { $0.precedesInBytes($1) }
        #expect(seen.count == expected.count && zip(seen, expected).allSatisfy { $0.isExactly($1) })
        #expect(seen.first == "" && seen.last == "é")
    }

    @Test func noNamesAreNothing() {
        var calls = 0
        SortedNames([[], []]).forEach { _ in calls += 1 }
        #expect(calls == 0)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>) func manyComeInOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let names = (0..<3_000).map { _ in "user-\(UInt64.random(in: 0...(1 << 40), using: &random))" }
        var seen: [String] = []
        SortedNames([Array(names.prefix(1_000)), Array(names.dropFirst(1_000))]).forEach {
            seen.append(String(decoding: $0, as: UTF8.self))
        }
        #expect(seen == names.sorted { $0.precedesInBytes($1) })
    }
}
