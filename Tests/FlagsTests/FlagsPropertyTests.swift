import Flags
import Harness
import HashTreeCollections
import JSON
import Testing

/// Whatever is read leniently without an error is stored, compiled and evaluated without a crash, and stored bytes
/// are a fixed point.
@Suite struct FlagsPropertyTests {
    @Test(arguments: [21, 22, 23, 24]) func randomDocuments(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<1_500 {
            let flag: JSONValue = [
                "state": random.below(10) == 0 ? "DISABLED" : "ENABLED", "variants": ["on": 1, "off": 2.5, "true": 3],
                "defaultVariant": random.below(3) == 0 ? .null : "on", "targeting": random.rule(depth: 5),
            ]
            let root: JSONValue = [
                "flags": ["f": flag], "$evaluators": ["e": random.rule(depth: 2), "d": random.rule(depth: 2)],
                "pilots": ["p": ["members": ["ann"]]],
            ]
            var problems: [Problem] = []
            let document = FlagDocument.read(root, lenient: true, knownPilots: { _ in true }, problems: &problems)
            let refused = problems.contains { $0.severity == .error }
            #expect(refused || document.flags.count == 1)
            guard !refused, let definition = document.flags.first else { continue }
            accepted += 1
            var set = FlagSet()
            try set.put(flag: "f", storedBytes: definition.storedBytes)
            #expect(set.definition(of: "f") == definition)
            #expect(set.definition(of: "f")?.storedBytes == definition.storedBytes)
            set.set(members: MemberSet(["ann"]), ofPilot: "p")
            for _ in 0..<4 {
                guard case .object(let attributes) = random.attributes() else { continue }
                set.bucketing = random.below(2) == 0 ? .v2 : .v3
                let context = EvaluationContext(attributes: attributes)
                let answer = set.evaluate("f", context: context, unixSeconds: 5)
                #expect((answer.errorCode != nil) == (answer.reason == .error))
                #expect((answer.value != nil) == (answer.variant != nil))
                #expect(set.evaluate("f", context: context, unixSeconds: 5) == answer)
            }
        }
        #expect(accepted > 200)
    }

    @Test(arguments: [31, 32]) func anythingAtAll(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<1_500 {
            var problems: [Problem] = []
            let root = JSONValue.object([
                "flags": random.value(), "pilots": random.value(), "$evaluators": random.value(),
                "metadata": random.value(),
            ])
            _ = FlagDocument.read(root, lenient: random.below(2) == 0, knownPilots: { _ in false }, problems: &problems)
        }
    }
}

extension SeededRandom {
    fileprivate mutating func rule(depth: Int) -> JSONValue {
        let names = [
            "==", "!=", "===", "!==", "<", "<=", ">", ">=", "and", "or", "!", "!!", "if", "if", "?:", "in", "var",
            "var",
            "in_pilot", "$ref", "mystery", "+", "-", "*", "/", "%", "min", "max", "cat", "substr", "merge", "map",
            "filter",
            "all", "some", "none", "reduce", "missing", "missing_some", "fractional", "sem_ver", "starts_with",
            "ends_with",
        ]
        let name = names[below(names.count)]
        let two = [
            "==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "%", "starts_with", "ends_with", "missing_some",
        ].contains(name)
        switch name {
        case "var": return [name: argument(depth: 0, paths: true)]
        case "in_pilot": return below(2) == 0 ? [name: "p"] : [name: ["p", argument(depth: depth - 1)]]
        case "$ref": return [name: ["e", "d", "missing"][below(3)]]
        case "map", "filter", "all", "some", "none":
            return [name: [argument(depth: depth - 1), rule(depth: depth - 1)]]
        case "reduce":
            return [name: [argument(depth: depth - 1), rule(depth: depth - 1), argument(depth: 0)]]
        case "fractional":
            let shares = (0..<(1 + below(3))).map { _ -> JSONValue in
                below(8) == 0 ? argument(depth: depth - 1) : [argument(depth: depth - 1), argument(depth: 0)]
            }
            return [name: .array(below(2) == 0 ? shares : [argument(depth: depth - 1)] + shares)]
        case "sem_ver":
            let versions: [JSONValue] = ["1.2.3", "v2", "1.2-x", ["var": "a"], 1, 2.5]
            return [name: [versions[below(6)], .string(["<", "=", "^", "~", "?"][below(5)]), versions[below(6)]]]
        case "!", "!!": return [name: [argument(depth: depth - 1)]]
        default:
            let count = two ? (below(20) == 0 ? below(5) : 2) : below(6)
            return .object([name: .array((0..<count).map { _ in argument(depth: depth - 1) })])
        }
    }

    private mutating func argument(depth: Int, paths: Bool = false) -> JSONValue {
        let scalars: [JSONValue] = [
            "on", "off", "true", "a", "b.c", "a.0", "$flagd.timestamp", "targetingKey", "", "0", 0, 1, 2.5, -1, 1e300,
            .null,
            true, false, [], [1, 2], ["a", "b"], [[1, 5]], [:], ["x": 1, "y": 2],
        ]
        if paths { return scalars[below(12)] }
        return depth > 0 && below(2) == 0 ? rule(depth: depth) : scalars[below(scalars.count)]
    }

    fileprivate mutating func attributes() -> JSONValue {
        [
            "targetingKey": below(2) == 0 ? "ann" : .null, "a": value(depth: 2), "b": ["c": value(depth: 1)],
            "x": value(depth: 0),
        ]
    }
}
