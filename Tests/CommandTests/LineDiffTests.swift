import Testing

@testable import pilotlight

@Suite struct LineDiffTests {
    private func lines(_ text: String) -> [String] { text.map(String.init) }

    @Test func whatChangedStandsWithAFewLinesAround() {
        #expect(
            LineDiff.of(lines("abcdefghij"), lines("abcdeXghij"), context: 1)
                == [.skipped, .same("e"), .removed("f"), .added("X"), .same("g"), .skipped])
    }

    @Test func additionsAndRemovals() {
        #expect(LineDiff.of([], lines("ab")) == [.added("a"), .added("b")])
        #expect(LineDiff.of(lines("ab"), []) == [.removed("a"), .removed("b")])
        #expect(LineDiff.of([], []) == [])
        #expect(LineDiff.of(lines("abc"), lines("abc")) == [.skipped])
        #expect(LineDiff.of(lines("aa"), lines("aaa")) == [.same("a"), .same("a"), .added("a")])
    }

    /// Both texts can be read back out of a difference, whatever they are.
    @Test func bothTextsAreInIt() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            func text() -> [String] {
                (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                    String("abc".randomElement(using: &generator) ?? "a")
                }
            }
            let before = text()
            let after = text()
            let diff = LineDiff.of(before, after, context: 100)
            let old = diff.compactMap { line in
                switch line {
                case .same(let text), .removed(let text): text
                case .added, .skipped: nil
                }
            }
            let new = diff.compactMap { line in
                switch line {
                case .same(let text), .added(let text): text
                case .removed, .skipped: nil
                }
            }
            // Equal texts are one skipped line: nothing to read back.
            if before != after { #expect(old == before && new == after, "\(before) \(after)") }
        }
    }

    @Test func longTextsWithoutAnythingInCommonCostLittle() {
        let before = (0..<20_000).map { "a\($0)" }
        let after = (0..<20_000).map { "b\($0)" }
        let diff = LineDiff.of(before, after)
        #expect(diff.count == 40_000 && diff.first == .removed("a0") && diff.last == .added("b19999"))
    }
}
