import Flags
import JSON
import Testing

/// Every kind of problem a component can have: where it is placed and what is said.
@Suite struct ComponentProblemTests {
    private static func component(_ members: String) -> String {
        #"{"components": {"c": {"versions": {"1.0": {}, "1.1": {}}, "defaultVersion": "1.0", "# + members + "}}}"
    }

    private static func raw(_ component: String) -> String { #"{"components": {"c": "# + component + "}}" }

    @Test(arguments: [
        (#"{"components": []}"#, "/components", "\"components\" is an array", "by name"),
        (
            #"{"components": {"Shop": {"versions": {"1": {}}, "defaultVersion": "1"}}}"#, "/components/Shop",
            "\"Shop\" can't name a component", "checkout"
        ),
        (raw("5"), "/components/c", "the component is a number", "\"defaultVersion\""),
        (raw(#"{"defaultVersion": "1"}"#), "/components/c", "no versions", "\"versions\""),
        (raw(#"{"versions": ["1"], "defaultVersion": "1"}"#), "/components/c/versions", "is an array", "by name"),
        (raw(#"{"versions": {}, "defaultVersion": "1"}"#), "/components/c/versions", "no versions", "\"versions\""),
        (
            raw(#"{"versions": {"1 0": {}}, "defaultVersion": "1 0"}"#), "/components/c/versions/1 0",
            "\"1 0\" can't name a version", "1.4.2"
        ),
        (
            raw(#"{"versions": {"1": "blue"}, "defaultVersion": "1"}"#), "/components/c/versions/1",
            "the version is a string", "\"upstream\""
        ),
        (
            raw(#"{"versions": {"1": {"upstream": "a b"}}, "defaultVersion": "1"}"#),
            "/components/c/versions/1/upstream", "\"a b\" can't be an upstream", "none"
        ),
        (
            raw(#"{"versions": {"1": {"upstrem": "a"}}, "defaultVersion": "1"}"#), "/components/c/versions/1/upstrem",
            "no member \"upstrem\"", "did you mean \"upstream\"?"
        ),
        (
            raw(#"{"versions": {"1": {"state": "retired"}}, "defaultVersion": "1"}"#), "/components/c/versions/1/state",
            "the state is \"retired\"", "RETIRED"
        ),
        (raw(#"{"versions": {"1": {}}}"#), "/components/c", "no default version", "one of 1"),
        (
            raw(#"{"versions": {"1.0": {}}, "defaultVersion": "1"}"#), "/components/c/defaultVersion",
            "\"1\" is none of the versions", "1.0"
        ),
        (
            raw(#"{"versions": {"1": {"state": "RETIRED"}}, "defaultVersion": "1"}"#), "/components/c/defaultVersion",
            "\"1\" is retired", "active"
        ),
        (component(#""variants": {}"#), "/components/c/variants", "no member \"variants\"", "the members are"),
        (component(#""pilots": {"g": "1.0"}"#), "/components/c/pilots", "is an object", "the first that holds wins"),
        (component(#""pilots": [{"pilot": "g"}]"#), "/components/c/pilots/0", "another shape", "\"version\""),
        (
            component(#""pilots": [{"pilot": "g", "version": "1.2"}]"#), "/components/c/pilots/0/version",
            "\"1.2\" is none of the component's versions", "did you mean"
        ),
        (
            component(#""pilots": [{"pilot": "g", "version": "1.0"}, {"pilot": "g", "version": "1.1"}]"#),
            "/components/c/pilots/1/pilot", "\"g\" stands twice", "first one wins"
        ),
        (
            component(#""pilots": [{"pilot": "nobody", "version": "1.0"}]"#), "/components/c/pilots/0/pilot",
            "no pilot group \"nobody\"", "create"
        ),
        (component(#""split": "half""#), "/components/c/split", "the split is a string", "percentages"),
        (component(#""split": {"1.0": 90, "1.1": 20}"#), "/components/c/split", "110 % together", "100 % at most"),
        (component(#""split": {"1.0": 0.001}"#), "/components/c/split/1.0", "0.001", "two decimals"),
        (component(#""split": {"1.7": 5}"#), "/components/c/split/1.7", "none of the component's versions", "1.0"),
        (component(#""split": [["1.0", 9000]]"#), "/components/c/split", "9000 together", "10000 slots"),
        (component(#""split": [["1.0", 0]]"#), "/components/c/split/0", "another shape", "10000 slots"),
        (component(#""split": [["1.9", 10000]]"#), "/components/c/split", "\"1.9\" is none", "1.0"),
        (
            component(#""rollout": {"variant": "3", "percentage": 5}"#), "/components/c/rollout/variant",
            "\"3\" is none of the component's versions", "1.0"
        ),
        (component(#""salt": """#), "/components/c/salt", "empty", "1 to 256 bytes"),
    ])
    func problems(text: String, pointer: String, message: String, hint: String) throws {
        let (document, problems) = try readDocument(text, knownPilots: ["g"])
        let problem = try #require(problems.first { $0.severity == .error }, "\(problems)")
        #expect(problem.pointer.description == pointer && problem.message.contains(message), "\(problem)")
        #expect(problem.hint?.contains(hint) == true, "\(problem)")
        #expect(document.components.isEmpty || message.contains("no pilot group"))
    }

    @Test(arguments: [
        (#"[{"component": "c"}]"#, "another shape"), (#"[{"flag": "\u0001c", "variant": "1"}]"#, "another shape"),
        (#"[{"component": "c", "variant": "1"}]"#, "another shape"),
        (
            #"[{"component": "c", "version": "1"}, {"component": "c", "version": "2"}]"#,
            "component \"c\" is required twice"
        ),
    ])
    func prerequisites(json: String, message: String) throws {
        let (_, problems) = try readDocument(DocumentProblemTests.flag(#""prerequisites": "# + json))
        #expect(problems.contains { $0.message.contains(message) }, "\(problems)")
    }
}
