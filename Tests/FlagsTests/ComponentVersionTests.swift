import Flags
import Harness
import Testing

/// Versions have one order, of whatever kinds their names are.
@Suite struct ComponentVersionTests {
    @Test func semanticVersionsComeFirstAndTheOthersByBytes() {
        let names = ["green", "1x", "10.0.0", "9.0.0", "v9.0.0", "10.0.0-rc.1", "build-77", "1.0.0.0", "9", "Blue"]
        let order = ["9", "9.0.0", "v9.0.0", "10.0.0-rc.1", "10.0.0", "1.0.0.0", "1x", "Blue", "build-77", "green"]
        #expect(names.sorted(by: ComponentVersion.precedes) == order)
        #expect(names.reversed().sorted(by: ComponentVersion.precedes) == order)
    }

    /// Of any three names: of two different ones exactly one comes first, and what comes before that comes before the other.
    @Test func theOrderIsOneWhateverIsMixed() {
        var random = SeededRandom(seed: 20_261_121)
        let parts = ["", "v", "0", "1", "9", "10", "1x", "x", ".", ".", ".", "-", "+", "rc", "A"]
        var names: Set<String> = ["10.0.0", "1x", "9.0.0"]
        while names.count < 60 {
            let name = (0...random.below(6)).map { _ in parts[random.below(parts.count)] }.joined()
            if ComponentVersion.fault(inName: name) == nil { names.insert(name) }
        }
        let all = names.sorted()
        var broken: [String] = []
        for a in all {
            for b in all {
                let isFirst = ComponentVersion.precedes(a, b)
                if isFirst == (a == b || ComponentVersion.precedes(b, a)) { broken.append("\(a) and \(b)") }
                guard isFirst else { continue }
                for c in all where ComponentVersion.precedes(b, c) && !ComponentVersion.precedes(a, c) {
                    broken.append("\(a), \(b), \(c)")
                }
            }
        }
        #expect(broken.isEmpty, "\(broken.prefix(5))")
    }
}
