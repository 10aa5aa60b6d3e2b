import Foundation
import Releases
import Testing

@Suite struct TransitionTableTests {
    @Test func theDocumentHasTheTable() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/releases.md").standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(
            text.contains("\n\n" + TransitionTable.markdown + "\n"),
            "docs/releases.md needs this table:\n\(TransitionTable.markdown)")
    }

    @Test func eachStateIsReachedAndFinalOnesAreLeftByNothing() {
        var reached: Set<ReleaseState> = [.draft]
        while true {
            let next = reached.union(TransitionTable.rows.filter { reached.contains($0.from) }.map(\.to))
            if next == reached { break }
            reached = next
        }
        #expect(reached == Set(ReleaseState.allCases))
        for state in ReleaseState.allCases {
            #expect(TransitionTable.rows.contains { $0.from == state } == !state.isFinal)
        }
    }
}
