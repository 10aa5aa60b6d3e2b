import Flags
import JSON

/// What is measured: a flag or a component, by the key it is decided under, and contexts that are taken in turn.
struct Subject {
    let name: String
    let flag: String
    let contexts: [EvaluationContext]

    static let all: [Subject] = [
        Subject(name: "static", flag: "static", contexts: [EvaluationContext(targetingKey: "user-1")]),
        Subject(
            name: "targeting", flag: "tier", contexts: users { ["tier": $0 % 2 == 0 ? "gold" : "tin", "age": 42] }),
        Subject(name: "in-20-strings", flag: "country", contexts: users { ["country": .string("c\($0 % 40)")] }),
        Subject(name: "sem_ver", flag: "version", contexts: users { ["version": .string("1.\($0 % 30).7")] }),
        Subject(name: "fractional", flag: "split", contexts: users { _ in [:] }),
        Subject(name: "in_pilot", flag: "pilot", contexts: users { _ in [:] }),
        Subject(name: "version", flag: ComponentKey.flagKey(of: "checkout"), contexts: users { _ in [:] }),
    ]

    private static func users(_ attributes: (Int) -> JSONObject) -> [EvaluationContext] {
        (0..<1024).map { EvaluationContext(targetingKey: "user-\($0 * 7919)", attributes: attributes($0)) }
    }

    private static let flags = [
        ("static", "null"),
        ("tier", #"{"if": [{"==": [{"var": "tier"}, "gold"]}, "on", "off"]}"#),
        (
            "country",
            #"{"if": [{"in": [{"var": "country"}, [\#((0..<20).map { "\"c\($0)\"" }.joined(separator: ","))]]}, "on"]}"#
        ),
        ("version", #"{"if": [{"sem_ver": [{"var": "version"}, ">=", "1.15.0"]}, "on", "off"]}"#),
        ("split", #"{"fractional": [["on", 10], ["off", 90]]}"#),
        ("pilot", #"{"if": [{"in_pilot": "beta"}, "on", "off"]}"#),
    ]

    /// Two version pilots of a thousand members each, who are few of all users, and three versions for the rest.
    private static func component(_ set: inout FlagSet) throws {
        for (name, last) in [("early", "0"), ("lab", "5")] {
            set.set(members: Self.group((0..<1_000).lazy.map { "user-\($0)\(last)" }), ofPilot: name)
        }
        let text = """
            {"versions":{"1.0":{"upstream":"blue"},"1.1":{"upstream":"green"},"2.0":{}},"defaultVersion":"1.0",\
            "pilots":[{"pilot":"early","version":"1.1"},{"pilot":"lab","version":"2.0"}],\
            "split":[["1.0",8000],["1.1",1500],["2.0",500]]}
            """
        try set.put(component: "checkout", storedBytes: Array(text.utf8))
    }

    /// All flags among a thousand others, a component, and a pilot group of so many.
    static func flags(members: Int) throws -> FlagSet {
        var set = FlagSet()
        set.set(members: Self.group((0..<members).lazy.map { "user-\($0 * 2)" }), ofPilot: "beta")
        for (key, targeting) in flags + (0..<1000).map({ ("other-\($0)", "null") }) {
            let rule = targeting == "null" ? "" : #","targeting":\#(targeting)"#
            let text = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off"\#(rule)}"#
            try set.put(flag: key, storedBytes: Array(text.utf8))
        }
        try component(&set)
        return set
    }

    /// As an agent holds it a while after its start: read from the cache, with some who came since.
    private static func group(_ members: some Sequence<String>) -> MemberSet {
        var builder = MemberSetBuilder()
        for member in members {
            var name = member
            name.withUTF8 { builder.add(UnsafeRawBufferPointer($0)) }
        }
        var group = builder.built()
        for newcomer in 0..<100 { _ = group.insert("newcomer-\(newcomer)") }
        return group
    }
}
