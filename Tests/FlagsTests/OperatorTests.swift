import JSON
import Testing

@testable import Flags

/// What each operator answers, as flagd's Go engine does.
@Suite struct OperatorTests {
    static let data = #"""
        {"n": 5, "zero": 0, "s": "abc", "empty": "", "list": ["x", "y", [1, 3]], "o": {"k": {"d": "deep"}}, "nothing": null,
         "no": false, "yes": true, "pair": [2, 2], "falses": [false], "1": "one"}
        """#

    /// "fault" where evaluation must fail.
    static func result(of rule: String, data: String = data) throws -> String {
        let json = try #require(JSONReader.read(rule).value)
        let root = try #require(JSONReader.read(data).value)
        var compiler = ExpressionCompiler(references: .none, lenient: true)
        let expression = compiler.compile(json, at: JSONPointer())
        var flags = FlagSet()
        flags.set(members: MemberSet(["ann", "42", "4.5"]), ofPilot: "staff")
        flags.set(members: MemberSet(), ofPilot: "none")
        do throws(TargetingFault) {
            return try Scope.with(
                .value(root), flagKey: "f", flags: flags
            ) { scope throws(TargetingFault) in try expression.value(in: scope) }.compactText()
        } catch {
            return "fault"
        }
    }

    @Test(arguments: [
        (#"{"==": [1, 1]}"#, "true"), (#"{"==": [1, 1.0]}"#, "true"), (#"{"==": [1, "1"]}"#, "true"),
        (#"{"==": ["1", "1.0"]}"#, "false"), (#"{"==": ["", 0]}"#, "true"), (#"{"==": [" ", 0]}"#, "true"),
        (#"{"==": [null, 0]}"#, "false"), (#"{"==": [null, false]}"#, "false"), (#"{"==": [null, null]}"#, "true"),
        (#"{"==": [null, ""]}"#, "false"), (#"{"==": [{"var": "missing"}, null]}"#, "true"),
        (#"{"==": [[], 0]}"#, "false"), (#"{"==": [[], []]}"#, "false"), (#"{"==": [true, 1]}"#, "true"),
        (#"{"==": [true, "1"]}"#, "true"), (#"{"==": [true, "true"]}"#, "false"), (#"{"==": ["abc", 0]}"#, "false"),
        (#"{"==": ["1e2", 100]}"#, "true"), (#"{"==": [" 1", 1]}"#, "false"), (#"{"==": ["0x10", 16]}"#, "false"),
        (#"{"==": ["é", "e\u0301"]}"#, "false"), (#"{"==": ["+5", {"var": "n"}]}"#, "true"),
        (#"{"==": {"var": "pair"}}"#, "true"), (#"{"==": {"var": "n"}}"#, "fault"),
        (#"{"!=": [1, "1"]}"#, "false"), (#"{"!=": [null, 0]}"#, "true"),
        (#"{"===": [1, 1.0]}"#, "true"), (#"{"===": [1, "1"]}"#, "false"), (#"{"===": [null, null]}"#, "true"),
        (#"{"===": ["a", "a"]}"#, "true"), (#"{"===": [true, true]}"#, "true"), (#"{"===": [true, 1]}"#, "false"),
        (#"{"===": [null, false]}"#, "false"), (#"{"===": [[], []]}"#, "false"), (#"{"!==": [1, "1"]}"#, "true"),
        (#"{"!==": [2, 2]}"#, "false"),
    ])
    func equality(rule: String, expected: String) throws { #expect(try Self.result(of: rule) == expected) }

    @Test(arguments: [
        (#"{"<": [1, 2]}"#, "true"), (#"{"<": [2, 2]}"#, "false"), (#"{"<=": [2, 2]}"#, "true"),
        (#"{"<": ["10", 9]}"#, "false"), (#"{"<": ["10", "9"]}"#, "true"), (#"{"<": ["a", "b"]}"#, "true"),
        (#"{"<": ["Z", "a"]}"#, "true"), (#"{"<": ["\uE000", "\uD83D\uDE00"]}"#, "true"),
        (#"{"<": [{"var": "missing"}, 1]}"#, "true"), (#"{"<": [{"var": "missing"}, 0]}"#, "false"),
        (#"{">": [{"var": "missing"}, -1]}"#, "true"), (#"{"<=": [{"var": "missing"}, 0]}"#, "false"),
        (#"{">=": [null, null]}"#, "true"), (#"{"<": ["abc", 1]}"#, "false"), (#"{">": ["abc", 1]}"#, "false"),
        (#"{"<": [[], 1]}"#, "false"), (#"{"<": [false, true]}"#, "true"), (#"{"<": [1, 5, 9]}"#, "true"),
        (#"{"<": [1, 9, 5]}"#, "false"), (#"{"<=": [1, 1, 1]}"#, "true"), (#"{"<": [1, 1, 2]}"#, "false"),
        (#"{">": [9, 5, 1]}"#, "true"), (#"{">": [9, 5, 5]}"#, "false"), (#"{">=": [9, 5, 5]}"#, "true"),
        (#"{"<=": {"var": "pair"}}"#, "true"),
    ])
    func ordering(rule: String, expected: String) throws { #expect(try Self.result(of: rule) == expected) }

    @Test(arguments: [
        (#"{"and": [1, "x"]}"#, #""x""#), (#"{"and": [1, 0, "x"]}"#, "0"), (#"{"and": ["", 1]}"#, #""""#),
        (#"{"and": []}"#, "null"), (#"{"or": []}"#, "null"), (#"{"or": [0, "", null]}"#, "null"),
        (#"{"or": [0, "x", 1]}"#, #""x""#), (#"{"or": [{}, "0"]}"#, #""0""#), (#"{"and": [{}, 1]}"#, "{}"),
        (#"{"and": [false, {"nope": 1}]}"#, "false"), (#"{"or": [true, {"nope": 1}]}"#, "true"),
        (#"{"and": [true, {"nope": 1}]}"#, "fault"), (#"{"and": {"var": "pair"}}"#, "fault"),
        (#"{"!": [true]}"#, "false"), (#"{"!": {}}"#, "true"), (#"{"!": "0"}"#, "false"), (#"{"!": [[]]}"#, "true"),
        (#"{"!": {"var": "missing"}}"#, "true"), (#"{"!": {"var": "falses"}}"#, "true"),
        (#"{"!": [{"var": "falses"}]}"#, "false"), (#"{"!!": [[0]]}"#, "true"), (#"{"!!": ""}"#, "false"),
        (#"{"!!": {"var": "o"}}"#, "true"), (#"{"!!": [{"!": [1]}]}"#, "false"),
        (#"{"if": []}"#, "null"), (#"{"if": ["x"]}"#, #""x""#), (#"{"if": [0, "x"]}"#, "null"),
        (#"{"if": ["0", "x", "y"]}"#, #""x""#), (#"{"if": [{}, "x", "y"]}"#, #""y""#),
        (#"{"if": [[], "x", "y"]}"#, #""y""#),
        (#"{"if": [0, 1, 0, 2, 3]}"#, "3"), (#"{"?:": [1, "x", "y"]}"#, #""x""#),
        (#"{"if": [true, "x", {"nope": 1}]}"#, #""x""#), (#"{"if": [false, {"nope": 1}, "y"]}"#, #""y""#),
        (#"{"if": [{"nope": 1}, "x", "y"]}"#, "fault"), (#"{"a": 1, "b": {"nope": 1}}"#, #"{"a":1,"b":{"nope":1}}"#),
        (#"{}"#, "{}"), (#"[1, {"var": "n"}]"#, "[1,5]"),
    ])
    func logic(rule: String, expected: String) throws { #expect(try Self.result(of: rule) == expected) }

    @Test(arguments: [
        (#"{"var": "s"}"#, #""abc""#), (#"{"var": ["s"]}"#, #""abc""#), (#"{"var": "o.k.d"}"#, #""deep""#),
        (#"{"var": "o..k"}"#, #"{"d":"deep"}"#), (#"{"var": "o.x.d"}"#, "null"), (#"{"var": ["o.x", 9]}"#, "9"),
        (#"{"var": ["nothing", 7]}"#, "7"), (#"{"var": ["zero", 7]}"#, "0"), (#"{"var": ["no", 7]}"#, "false"),
        (#"{"var": "list.1"}"#, #""y""#), (#"{"var": "list.2.1"}"#, "3"), (#"{"var": "list.9"}"#, "null"),
        (#"{"var": ["list.-1", "d"]}"#, #""d""#), (#"{"var": 1}"#, #""one""#), (#"{"var": "s.length"}"#, "null"),
        (#"{"var": null}"#, "null"), (#"{"var": ["s", {"nope": 1}]}"#, "fault"),
        (#"{"var": [{"if": [true, "n", "s"]}]}"#, "5"), (#"{"var": {"var": "missing"}}"#, "null"),
        (#"{"var": [{"var": "empty"}]}"#, data.filter { $0 != "\n" }),
        (#"{"var": [{"var": "s"}, "d"]}"#, #""d""#),
    ])
    func variables(rule: String, expected: String) throws {
        let expected = JSONReader.read(expected).value?.compactText() ?? expected
        #expect(try Self.result(of: rule) == expected)
    }

    @Test func emptyPathsGiveEverything() throws {
        for rule in [#"{"var": ""}"#, #"{"var": []}"#, #"{"var": "."}"#] {
            #expect(try Self.result(of: rule, data: #"{"a": [1]}"#) == #"{"a":[1]}"#)
            #expect(try Self.result(of: rule, data: "7") == "7")
        }
        #expect(try Self.result(of: #"{"var": null}"#, data: "7") == "7")
    }

    @Test(arguments: [
        (#"{"in": ["b", {"var": "s"}]}"#, "true"), (#"{"in": ["", {"var": "s"}]}"#, "true"),
        (#"{"in": ["bc", "abbc"]}"#, "true"), (#"{"in": ["abcd", {"var": "s"}]}"#, "false"),
        (#"{"in": [1, "123"]}"#, "fault"), (#"{"in": ["x", {"var": "list"}]}"#, "true"),
        (#"{"in": ["x", 5]}"#, "false"), (#"{"in": ["x", null]}"#, "false"), (#"{"in": [5, [5.0]]}"#, "true"),
        (#"{"in": [5, ["5"]]}"#, "true"), (#"{"in": ["5", [5]]}"#, "false"), (#"{"in": [2, {"var": "list"}]}"#, "true"),
        (#"{"in": [2, [[1, 3]]]}"#, "true"), (#"{"in": [4, [[1, 3]]]}"#, "false"),
        (#"{"in": ["2", [[1, 3]]]}"#, "true"),
        (#"{"in": [null, [[1, 3]]]}"#, "fault"), (#"{"in": [null, [null]]}"#, "true"),
        (#"{"in": [null, ["a"]]}"#, "false"),
        (#"{"in": [true, [true]]}"#, "true"), (#"{"in": [true, ["true"]]}"#, "false"),
        (#"{"in": [1, [true]]}"#, "fault"),
        (#"{"in": [1, [[1]]]}"#, "fault"), (#"{"in": {"var": "pair"}}"#, "false"),
        (#"{"in": ["é", ["e\u0301"]]}"#, "false"),
        (#"{"in": ["k", ["a","b","c","d","e","f","g","h","i","k"]]}"#, "true"),
        (#"{"in": ["z", ["a","b","c","d","e","f","g","h","i","k"]]}"#, "false"),
        (#"{"in": [0, ["a","b","c","d","e","f","g","h","i","k"]]}"#, "true"),
        (#"{"in": [7, ["a","b","c","d","e","f","g","h","i","k"]]}"#, "false"),
        (#"{"in": [null, ["a","b","c","d","e","f","g","h","i","k"]]}"#, "false"),
    ])
    func membership(rule: String, expected: String) throws { #expect(try Self.result(of: rule) == expected) }

    @Test(arguments: [
        (#"{"in_pilot": ["staff", "ann"]}"#, "true"), (#"{"in_pilot": ["staff", "bob"]}"#, "false"),
        (#"{"in_pilot": ["staff", 42]}"#, "true"), (#"{"in_pilot": ["staff", 42.0]}"#, "true"),
        (#"{"in_pilot": ["staff", 4.5]}"#, "true"), (#"{"in_pilot": ["staff", null]}"#, "false"),
        (#"{"in_pilot": ["staff", {"var": "missing"}]}"#, "false"), (#"{"in_pilot": ["staff", ["ann"]]}"#, "false"),
        (#"{"in_pilot": ["none", "ann"]}"#, "false"), (#"{"in_pilot": ["gone", "ann"]}"#, "fault"),
        (#"{"in_pilot": ["staff", {"nope": 1}]}"#, "fault"), (#"{"in_pilot": "staff"}"#, "false"),
    ])
    func pilots(rule: String, expected: String) throws { #expect(try Self.result(of: rule) == expected) }

    @Test(arguments: [
        (1.0, "1", "1"), (0, "0", "0"), (-0.5, "-0.5", "-0.5"), (1234567.25, "1234567.25", "1234567.25"),
        (100, "100", "100"),
        (1e20, "100000000000000000000", "100000000000000000000"), (1e21, "1e+21", "1000000000000000000000"),
        (1.5e-7, "1.5e-7", "0.00000015"), (0.000001, "0.000001", "0.000001"), (0.00012, "0.00012", "0.00012"),
        (9007199254740992, "9007199254740992", "9007199254740992"), (-2.5e22, "-2.5e+22", "-25000000000000000000000"),
    ])
    func numberTexts(value: Double, json: String, plain: String) {
        #expect(NumberText.json(value) == json)
        #expect(NumberText.plain(value) == plain)
    }

    @Test(
        arguments: [
            ("1", 1.0), ("-1.5", -1.5), ("+.5", 0.5), ("1.", 1), ("1e3", 1000), ("inf", .infinity),
            ("-Infinity", -.infinity),
            ("0x1p4", 16), ("1e999", .infinity), ("0x10", nil), ("", nil), (" 1", nil), ("1 ", nil), ("abc", nil),
            ("1e", nil),
            ("--1", nil), ("infx", nil), ("1_000", nil), ("e5", nil), (".", nil), ("٣", nil),
        ] as [(String, Double?)])
    func numberParsing(text: String, value: Double?) { #expect(NumberText.parse(text) == value) }
}
