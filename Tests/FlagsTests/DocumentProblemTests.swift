import Flags
import JSON
import Testing

/// Every kind of problem a document can have: where it is placed and what is said.
@Suite struct DocumentProblemTests {
    /// One flag `f` with these members beside sound ones.
    static func flag(_ members: String) -> String {
        #"{"flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "#
            + members + "}}}"
    }

    static func rule(_ targeting: String) -> String { flag(#""targeting": "# + targeting) }

    @Test(arguments: [
        ("[]", "", "the document is an array", "an object with \"flags\""),
        ("{}", "", "neither \"flags\" nor \"pilots\"", "write {\"flags\""),
        (#"{"flags": {}, "flgas": {}}"#, "/flgas", "no member \"flgas\"", "did you mean \"flags\"?"),
        (#"{"flags": {}, "rollouts": {}}"#, "/rollouts", "no member \"rollouts\"", "the members are"),
        (#"{"flags": {}, "$schema": 1}"#, "/$schema", "is a number", "URL"),
        (#"{"flags": [{"key": "f"}]}"#, "/flags", "\"flags\" is an array", "instead of [{\"key\""),
        (#"{"flags": null}"#, "/flags", "\"flags\" is null", "object of flags by key"),
        (#"{"flags": {"f": true}}"#, "/flags/f", "the flag is a boolean", "object with state and variants"),
        (#"{"flags": {"": {"state": "ENABLED", "variants": {"a": 1}}}}"#, "/flags/", "can't be empty", "1 to 256"),
        (
            #"{"flags": {"a\u0007": {"state": "ENABLED", "variants": {"a": 1}}}}"#, "/flags/a\u{7}",
            "control character", "printable"
        ),
        (#"{"flags": {"f": {"variants": {"a": 1}}}}"#, "/flags/f", "no state", "ENABLED"),
        (
            #"{"flags": {"f": {"state": "on", "variants": {"a": 1}}}}"#, "/flags/f/state", "the state is \"on\"",
            "ENABLED"
        ),
        (
            #"{"flags": {"f": {"state": true, "variants": {"a": 1}}}}"#, "/flags/f/state", "the state is a boolean",
            "ENABLED"
        ),
        (#"{"flags": {"f": {"state": "ENABLED"}}}"#, "/flags/f", "no variants", "at least one"),
        (
            #"{"flags": {"f": {"state": "ENABLED", "variants": ["a"]}}}"#, "/flags/f/variants",
            "the variants are an array", "at least one"
        ),
        (#"{"flags": {"f": {"state": "ENABLED", "variants": {}}}}"#, "/flags/f/variants", "no variant", "at least one"),
        (
            #"{"flags": {"f": {"state": "ENABLED", "variants": {"a": 1, "b": "x"}}}}"#, "/flags/f/variants/b",
            "mix types: \"a\" is one of numbers, \"b\" is a string", "one type"
        ),
        (
            #"{"flags": {"f": {"state": "ENABLED", "variants": {"a": null}}}}"#, "/flags/f/variants/a", "\"a\" is null",
            "booleans, strings"
        ),
        (
            #"{"flags": {"f": {"state": "ENABLED", "variants": {"a": [1]}}}}"#, "/flags/f/variants/a",
            "\"a\" is an array", "inside an object"
        ),
        (
            #"{"flags": {"f": {"state": "ENABLED", "variants": {"": 1}}}}"#, "/flags/f/variants/", "name is empty",
            "give it a name"
        ),
        (
            #"{"flags": {"f": {"state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "of"}}}"#,
            "/flags/f/defaultVariant", "\"of\" is none of the variants", "did you mean \"off\"?"
        ),
        (
            #"{"flags": {"f": {"state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "purple"}}}"#,
            "/flags/f/defaultVariant", "\"purple\" is none", "the variants are: \"on\", \"off\""
        ),
        (
            #"{"flags": {"f": {"state": "ENABLED", "variants": {"on": 1}, "defaultVariant": 1}}}"#,
            "/flags/f/defaultVariant", "is a number", "name, or null"
        ),
        (flag(#""targeting": null"#), "/flags/f/targeting", "the targeting is null", "leave it out"),
        (flag(#""targeting": "on""#), "/flags/f/targeting", "the targeting is a string", "leave it out"),
        (flag(#""description": 1"#), "/flags/f/description", "is a number", "a string"),
        (flag(#""metadata": []"#), "/flags/f/metadata", "the metadata is an array", "strings, numbers"),
        (
            flag(#""metadata": {"owner": ["a"]}"#), "/flags/f/metadata/owner", "\"owner\" is an array",
            "strings, numbers"
        ),
        (flag(#""metadata": {"owner": null}"#), "/flags/f/metadata/owner", "\"owner\" is null", "strings, numbers"),
        (#"{"flags": {}, "metadata": {"a": {}}}"#, "/metadata/a", "\"a\" is an object", "strings, numbers"),
        (flag(#""variant": {}"#), "/flags/f/variant", "no member \"variant\"", "did you mean \"variants\"?"),
        (flag(#""source": "x""#), "/flags/f/source", "no member \"source\"", "leave it out"),
        (flag(#""rules": []"#), "/flags/f/rules", "no member \"rules\"", "\"targeting\""),
        (flag(#""key": "f""#), "/flags/f/key", "no member \"key\"", "\"flags\""),
        (#"{"flags": {}, "$evaluators": []}"#, "/$evaluators", "is an array", "rules by name"),
        (#"{"flags": {}, "$evaluators": {"x": "y"}}"#, "/$evaluators/x", "\"x\" is a string", "one operator"),
        (#"{"flags": {}, "$evaluators": {"x": {"!": {"$ref": "x"}}}}"#, "/$evaluators/x", "never ends", "take one"),
        (
            #"{"flags": {}, "$evaluators": {"x": {"and": {"or": []}}}}"#, "/$evaluators/x/and", "\"and\" got an object",
            "list"
        ),
        (rule(#"{"and": [true, {"or": true}]}"#), "/flags/f/targeting/and/1/or", "\"or\" got a boolean", "a list"),
        (rule(#"{"if": "x"}"#), "/flags/f/targeting/if", "\"if\" got a string", "condition, result"),
        (rule(#"{"==": 1}"#), "/flags/f/targeting/==", "\"==\" got a number", "2 arguments"),
        (rule(#"{"==": [1]}"#), "/flags/f/targeting/==", "got 1 arguments", "it takes 2"),
        (rule(#"{"!==": [1, 2, 3]}"#), "/flags/f/targeting/!==", "got 3 arguments", "it takes 2"),
        (rule(#"{"<": [1, 2, 3, 4]}"#), "/flags/f/targeting/<", "got 4 arguments", "it takes 2 to 3"),
        (rule(#"{"!": []}"#), "/flags/f/targeting/!", "got 0 arguments", "it takes 1"),
        (rule(#"{"in": "x"}"#), "/flags/f/targeting/in", "\"in\" got a string", "what to look for"),
        (rule(#"{"in": ["x"]}"#), "/flags/f/targeting/in", "got 1 arguments", "it takes 2"),
        (rule(#"{"var": true}"#), "/flags/f/targeting/var", "got a boolean as its path", "dotted path"),
        (rule(#"{"var": [null]}"#), "/flags/f/targeting/var", "got null as its path", "whole context"),
        (rule(#"{"var": ["a", null, 1]}"#), "/flags/f/targeting/var", "got 3 arguments", "at most one default"),
        (rule(#"{"in_pilot": 1}"#), "/flags/f/targeting/in_pilot", "got a number", "as a string"),
        (rule(#"{"in_pilot": [{"var": "x"}]}"#), "/flags/f/targeting/in_pilot", "got an object", "as a string"),
        (rule(#"{"in_pilot": ["a", "b", "c"]}"#), "/flags/f/targeting/in_pilot", "got 3 arguments", "key to look for"),
        (rule(#"{"+": true}"#), "/flags/f/targeting/+", "got a boolean", "list of numbers"),
        (rule(#"{"-": 5}"#), "/flags/f/targeting/-", "got a number", "list of numbers"),
        (rule(#"{"%": [1]}"#), "/flags/f/targeting/%", "got 1 arguments", "it takes 2"),
        (rule(#"{"cat": 5}"#), "/flags/f/targeting/cat", "got a number", "texts and numbers"),
        (rule(#"{"substr": ["x"]}"#), "/flags/f/targeting/substr", "got 1 arguments", "2 to 3"),
        (rule(#"{"merge": null}"#), "/flags/f/targeting/merge", "got null", "lists"),
        (rule(#"{"map": {"var": "x"}}"#), "/flags/f/targeting/map", "got an object", "walk through"),
        (rule(#"{"filter": [[1]]}"#), "/flags/f/targeting/filter", "got 1 arguments", "it takes 2"),
        (rule(#"{"some": [[1], true]}"#), "/flags/f/targeting/some/1", "is a boolean", "it is an operator"),
        (rule(#"{"reduce": [[1], {"var": ""}]}"#), "/flags/f/targeting/reduce", "got 2 arguments", "it takes 3"),
        (rule(#"{"reduce": [[1], 1, 0]}"#), "/flags/f/targeting/reduce/1", "is a number", "it is an operator"),
        (rule(#"{"reduce": [[1], {"var": ""}, []]}"#), "/flags/f/targeting/reduce/2", "an array", "a boolean"),
        (rule(#"{"missing": 1}"#), "/flags/f/targeting/missing", "got a number", "paths"),
        (rule(#"{"missing_some": [1]}"#), "/flags/f/targeting/missing_some", "got 1 arguments", "it takes 2"),
        (#"{"pilots": []}"#, "/pilots", "\"pilots\" is an array", "by name"),
        (#"{"pilots": {"Staff": {"members": []}}}"#, "/pilots/Staff", "\"Staff\" can't name", "rename"),
        (#"{"pilots": {".a": {"members": []}}}"#, "/pilots/.a", "can't name", "rename"),
        (#"{"pilots": {"": {"members": []}}}"#, "/pilots/", "can't be empty", "rename"),
        (#"{"pilots": {"a": ["ann"]}}"#, "/pilots/a", "the pilot group is an array", "{\"members\""),
        (#"{"pilots": {"a": {}}}"#, "/pilots/a", "has no members", "may be empty"),
        (#"{"pilots": {"a": {"members": "ann"}}}"#, "/pilots/a/members", "\"members\" is a string", "may be empty"),
        (
            #"{"pilots": {"a": {"members": [], "member": []}}}"#, "/pilots/a/member", "no member \"member\"",
            "\"members\""
        ),
        (#"{"pilots": {"a": {"members": ["ann", 7]}}}"#, "/pilots/a/members/1", "a member is a number", "strings"),
        (#"{"pilots": {"a": {"members": [""]}}}"#, "/pilots/a/members/0", "can't be empty", "1 to 256"),
        (#"{"pilots": {"a": {"members": ["x", "y", "x"]}}}"#, "/pilots/a/members/2", "\"x\" stands twice", "index 0"),
    ])
    func isRefusedHoweverLeniently(text: String, pointer: String, message: String, hint: String) throws {
        for lenient in [false, true] {
            let problems = try readDocument(text, lenient: lenient).problems.filter { $0.severity == .error }
            let problem = try #require(problems.first { $0.pointer.description == pointer }, "\(problems)")
            #expect(problem.message.contains(message), "\(problem)")
            #expect(problem.hint?.contains(hint) == true, "\(problem)")
        }
    }

    /// Strictly an error, leniently a warning, and then this answer when the place is reached.
    @Test(arguments: [
        (
            rule(#"{"iff": [true, "on"]}"#), "/flags/f/targeting/iff", "no operator \"iff\"", "did you mean \"if\"?",
            ErrorCode.parseError
        ),
        (
            rule(#"{"if": [{"equals": [1, 1]}, "on"]}"#), "/flags/f/targeting/if/0/equals", "no operator \"equals\"",
            "the operators are", .parseError
        ),
        (
            rule(#"{"$ref": "staff"}"#), "/flags/f/targeting", "no evaluator \"staff\"", "no \"$evaluators\"",
            .parseError
        ),
        (
            rule(#"{"if": [{"in_pilot": "staff"}, "on"]}"#), "/flags/f/targeting/if/0/in_pilot",
            "no pilot group \"staff\"", "pilot create staff", .parseError
        ),
        (
            rule(#"{"if": [true, "onn", "off"]}"#), "/flags/f/targeting/if/1", "\"onn\" names no variant",
            "did you mean \"on\"?", .general
        ),
        (
            rule(#"{"if": [false, "on", 3]}"#), "/flags/f/targeting/if/2", "3 names no variant", "the variants are",
            .general
        ),
        (
            rule(#"{"if": [true, true]}"#), "/flags/f/targeting/if/1", "true names no variant", "the variants are",
            .general
        ),
        (
            rule(#"{"var": ["tier", "gold"]}"#), "/flags/f/targeting/var/1", "\"gold\" names no variant",
            "the variants are", .general
        ),
        (
            rule(#"{"or": [false, "offf"]}"#), "/flags/f/targeting/or/1", "\"offf\" names no variant", "did you mean",
            .general
        ),
        (
            rule(#"{"and": ["x", "onn"]}"#), "/flags/f/targeting/and/1", "\"onn\" names no variant", "did you mean",
            .general
        ),
        (rule(#"{"and": [0, "on"]}"#), "/flags/f/targeting/and/0", "0 names no variant", "the variants are", .general),
        (rule(#"{"if": [true, ["on"]]}"#), "/flags/f/targeting/if/1", "array can't name", "null", .general),
        (rule(#"{"if": [true, {}]}"#), "/flags/f/targeting/if/1", "empty object", "null", .general),
        (
            rule(#"{"if": [true, "on"], "or": []}"#), "/flags/f/targeting", "an object with 2 members is data",
            "one member", .general
        ),
    ])
    func isAWarningWhenLenient(
        text: String, pointer: String, message: String, hint: String, code: ErrorCode
    ) throws {
        let strict = try readDocument(text)
        #expect(strict.problems.map(\.severity) == [.error])
        #expect(strict.document.flags.isEmpty || code == .parseError)
        let lenient = try readDocument(text, lenient: true)
        #expect(lenient.document.flags.count == 1)
        let problem = try #require(lenient.problems.first)
        #expect(lenient.problems.count == 1)
        #expect(problem.severity == .warning)
        #expect(problem.pointer.description == pointer)
        #expect(problem.message.contains(message), "\(problem)")
        #expect(problem.hint?.contains(hint) == true, "\(problem)")
        let answer = try flagSet(text, lenient: true).evaluate("f", context: EvaluationContext(), unixSeconds: 0)
        #expect(answer.errorCode == code)
        #expect(answer.reason == .error)
        #expect(answer.variant == nil && answer.value == nil)
    }

    /// Arguments for which flagd's operators silently give null: strictly an error, leniently a warning, and then null.
    @Test(arguments: [
        (#"{"fractional": []}"#, "fractional", "no shares", "[variant, weight]"),
        (#"{"fractional": "x"}"#, "fractional", "got a string", "it takes a list"),
        (#"{"fractional": ["x"]}"#, "fractional", "no shares", "[variant, weight]"),
        (#"{"fractional": [["on", 1], "off"]}"#, "fractional/1", "a share is a string", "[variant, weight]"),
        (#"{"fractional": [[]]}"#, "fractional/0", "a share is empty", "[variant, weight]"),
        (#"{"fractional": [[["on"], 1]]}"#, "fractional/0/0", "variant is an array", "name"),
        (#"{"fractional": [["on", 1.5]]}"#, "fractional/0/1", "1.5 is not a whole number", "whole numbers"),
        (#"{"fractional": [["on", "1"]]}"#, "fractional/0/1", "a weight is a string", "whole numbers"),
        (#"{"fractional": [["on", 2147483647], ["off", 1]]}"#, "fractional/1/1", "more than 2147483647", "at most"),
        (#"{"sem_ver": ["1.0.0", ">="]}"#, "sem_ver", "got 2 arguments", "it takes 3"),
        (#"{"sem_ver": "1.0.0"}"#, "sem_ver", "got a string", "it takes 3"),
        (#"{"sem_ver": [{"var": "v"}, "=>", "1.0.0"]}"#, "sem_ver/1", "no relation", "the relations are = != <"),
        (#"{"sem_ver": [{"var": "v"}, ">", "1.0.0.0"]}"#, "sem_ver/2", "no version", "1.2.3"),
        (#"{"starts_with": ["x"]}"#, "starts_with", "got 1 arguments", "2 texts"),
        (#"{"ends_with": [{"var": "x"}, 5]}"#, "ends_with/1", "got a number", "2 texts"),
        (#"{"starts_with": 5}"#, "starts_with", "got a number", "2 texts"),
    ])
    func isAlwaysNull(targeting: String, pointer: String, message: String, hint: String) throws {
        let text = Self.rule(targeting)
        #expect(Set(try readDocument(text).problems.map(\.severity)) == [.error])
        let problem = try #require(try readDocument(text, lenient: true).problems.first)
        #expect(problem.severity == .warning)
        #expect(problem.pointer.description == "/flags/f/targeting/" + pointer)
        #expect(problem.message.contains(message) && problem.message.contains("always null"), "\(problem)")
        #expect(problem.hint?.contains(hint) == true, "\(problem)")
        let ann = EvaluationContext(targetingKey: "ann")
        #expect(try flagSet(text, lenient: true).evaluate("f", context: ann, unixSeconds: 0).reason == .default)
    }

    @Test func everyProblemIsReportedAtOnce() throws {
        let text = """
            {"flags": {
               "a": {"state": "enabled", "variants": {"on": true, "off": "no"}, "defaultVariant": "onn", "extra": 1},
               "b": {"state": "ENABLED", "variants": {"x": 1}, "targeting": {"if": [{"nope": 1}, {"==": [1]}, "y"]}},
               "c": 7
             },
             "unknown": 1, "pilots": {"P": {"members": [1, "", "z", "z"]}}}
            """
        let problems = try readDocument(text).problems
        #expect(
            Set(problems.map(\.pointer.description)) == [
                "/unknown", "/flags/a/extra", "/flags/a/state", "/flags/a/variants/off", "/flags/a/defaultVariant",
                "/flags/b/targeting/if/0/nope", "/flags/b/targeting/if/1/==", "/flags/b/targeting/if/2", "/flags/c",
                "/pilots/P", "/pilots/P/members/0", "/pilots/P/members/1", "/pilots/P/members/3",
            ])
    }

    @Test func longNames() throws {
        let long = String(repeating: "k", count: 257)
        let text = """
            {"flags": {"\(long)": {"state": "ENABLED", "variants": {"\(long)": 1}}}, "pilots": {"\(long)": {"members": ["\(long)"]}}}
            """
        let problems = try readDocument(text).problems
        #expect(problems.count == 4)
        #expect(problems.allSatisfy { $0.message.contains("257 bytes") })
        let edge = String(repeating: "k", count: 256)
        let name = String(repeating: "p", count: 128)
        let sound = """
            {"flags": {"\(edge)": {"state": "ENABLED", "variants": {"\(edge)": 1}}}, "pilots": {"\(name)": {"members": ["\(edge)"]}}}
            """
        #expect(try readDocument(sound).problems.isEmpty)
    }
}
