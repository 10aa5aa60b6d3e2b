import HashTreeCollections
import JSON
import Testing

@testable import Flags

/// The operators over numbers, texts and lists, and those that flagd adds, as flagd's Go engine answers them.
@Suite struct TargetingOperatorTests {
    static let data = #"""
        {"n": 5, "t": "abc", "no": false, "nothing": null, "list": [1, 2, 3], "texts": ["x", "y"], "pair": ["abc", "ab"],
         "items": [{"q": 1, "s": "a"}, {"q": 2, "s": "b"}], "q": 7, "one": [4], "empty": [], "o": {"k": 1}, "v": "1.2.3",
         "targetingKey": "ann", "$flagd": {"flagKey": "f"}, "mixed": [1, null, "2"]}
        """#

    private func expect(_ rule: String, _ expected: String) throws {
        #expect(try OperatorTests.result(of: rule, data: Self.data) == expected, "\(rule)")
    }

    @Test(arguments: [
        (#"{"+": [1, "2", 3.5]}"#, "6.5"), (#"{"+": []}"#, "0"), (#"{"+": "3.14"}"#, "3.14"), (#"{"+": ["x"]}"#, "0.0"),
        (#"{"+": [true]}"#, "fault"), (#"{"+": [{"var": "nothing"}]}"#, "fault"), (#"{"+": {"var": "list"}}"#, "6.0"),
        (#"{"+": {"var": "n"}}"#, "5.0"), (#"{"+": {"var": "o"}}"#, "fault"),
        (#"{"-": [5]}"#, "-5.0"), (#"{"-": [5, 2, 1]}"#, "2.0"), (#"{"-": {"var": "n"}}"#, "0"),
        (#"{"*": [2, 3, 4]}"#, "24.0"), (#"{"*": []}"#, "1"), (#"{"/": [1, 4]}"#, "0.25"),
        (#"{"%": [-5, 3]}"#, "-2.0"), (#"{"%": [5.5, 2]}"#, "1.5"), (#"{"%": [5, {"var": "o"}]}"#, "fault"),
        (#"{"min": [3, "1", 2]}"#, "1.0"), (#"{"max": [3, 9, 2]}"#, "9.0"), (#"{"max": []}"#, "null"),
        (#"{"min": {"var": "list"}}"#, "1.0"), (#"{"min": {"var": "n"}}"#, "null"), (#"{"max": [1, false]}"#, "fault"),
        (#"{"==": [{"+": [1, 2]}, 3]}"#, "true"), (#"{"===": [{"+": [1, 2]}, 3]}"#, "true"),
        (#"{"<": [{"/": [1, 0]}, 1]}"#, "false"), (#"{"cat": [{"+": [1, 2]}]}"#, #""3""#),
    ])
    func numbers(rule: String, expected: String) throws { try expect(rule, expected) }

    @Test(arguments: [
        (#"{"cat": ["a", 1, 2.50, null]}"#, #""a12.5""#), (#"{"cat": []}"#, #""""#), (#"{"cat": "x "}"#, #""x ""#),
        (#"{"cat": [" x "]}"#, #"" x ""#), (#"{"cat": [" x", " "]}"#, #""x""#), (#"{"cat": [" ", "\u00a0"]}"#, #""""#),
        (#"{"cat": ["x", true]}"#, "fault"), (#"{"cat": ["x", [1]]}"#, "fault"),
        (#"{"cat": {"var": "texts"}}"#, #""xy""#),
        (#"{"cat": {"var": "t"}}"#, #""abc""#), (#"{"cat": {"var": "n"}}"#, "fault"),
        (#"{"cat": [1e21]}"#, #""1000000000000000000000""#),
        (#"{"substr": ["jsonlogic", 4]}"#, #""logic""#), (#"{"substr": ["jsonlogic", -20]}"#, #""jsonlogic""#),
        (#"{"substr": ["jsonlogic", 20]}"#, #""jsonlogic""#), (#"{"substr": ["jsonlogic", 9]}"#, #""""#),
        (#"{"substr": ["abc", 0, 0]}"#, #""""#), (#"{"substr": ["abc", 1, 99]}"#, #""bc""#),
        (#"{"substr": ["abc", 2, -2]}"#, "fault"), (#"{"substr": ["😀é€", 1, 1]}"#, #""é""#),
        (#"{"substr": [12345, 1, 2]}"#, #""23""#), (#"{"substr": ["abc", "1"]}"#, #""bc""#),
        (#"{"substr": ["abc", null]}"#, "fault"), (#"{"substr": [true, 1]}"#, "fault"),
        (#"{"starts_with": [{"var": "t"}, "ab"]}"#, "true"), (#"{"starts_with": [{"var": "t"}, "b"]}"#, "false"),
        (#"{"starts_with": [{"var": "n"}, "5"]}"#, "null"), (#"{"starts_with": [{"var": "t"}, ""]}"#, "true"),
        (#"{"starts_with": {"var": "pair"}}"#, "true"), (#"{"starts_with": {"var": "t"}}"#, "null"),
        (#"{"starts_with": ["ab", {"var": "t"}]}"#, "false"), (#"{"ends_with": [{"var": "t"}, "bc"]}"#, "true"),
        (#"{"ends_with": [{"var": "t"}, "abcd"]}"#, "false"), (#"{"ends_with": ["e\u0301", "\u0301"]}"#, "true"),
        (#"{"in": ["aaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaab"]}"#, "true"),
        (#"{"in": ["aaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaabaaaaaaaa"]}"#, "false"),
    ])
    func texts(rule: String, expected: String) throws { try expect(rule, expected) }

    @Test(arguments: [
        (#"{"map": [{"var": "list"}, {"*": [{"var": ""}, 2]}]}"#, "[2.0,4.0,6.0]"),
        (#"{"map": [{"var": "gone"}, 1]}"#, "[]"),
        (#"{"map": [{"var": "list"}, "x"]}"#, #"["x","x","x"]"#), (#"{"map": [{"var": "t"}, 1]}"#, "fault"),
        (#"{"map": ["abc", 1]}"#, "[]"), (#"{"map": [[{"var": "n"}], {"var": ""}]}"#, #"[{"var":"n"}]"#),
        (#"{"map": [{"var": "items"}, {"var": "s"}]}"#, #"["a","b"]"#),
        (#"{"map": [{"var": "items"}, {"var": "q"}]}"#, "[1,2]"),
        (#"{"filter": [{"var": "list"}, {">": [{"var": ""}, 1]}]}"#, "[2,3]"),
        (#"{"filter": [{"var": "gone"}, true]}"#, "[]"),
        // Around the list there is a q, which hides the elements' own.
        (#"{"filter": [{"var": "items"}, {">": [{"var": "q"}, 1]}]}"#, #"[{"q":1,"s":"a"},{"q":2,"s":"b"}]"#),
        (#"{"filter": [{"var": "items"}, {"==": [{"var": "s"}, "b"]}]}"#, #"[{"q":2,"s":"b"}]"#),
        (#"{"filter": [{"var": "items"}, {"==": [{"var": ["s", "b"]}, "b"]}]}"#, #"[{"q":1,"s":"a"},{"q":2,"s":"b"}]"#),
        (#"{"filter": [{"var": "list"}, {"==": [{"var": "."}, 2]}]}"#, "[2]"),
        (
            #"{"filter": [{"var": "items"}, {"some": [{"map": [{"var": "list"}, {"var": ""}]}, {"==": [{"var": ""}, 3]}]}]}"#,
            #"[{"q":1,"s":"a"},{"q":2,"s":"b"}]"#
        ),
        (#"{"all": [{"var": "list"}, {">": [{"var": ""}, 0]}]}"#, "true"),
        (#"{"all": [{"var": "empty"}, {"var": ""}]}"#, "false"),
        (#"{"all": [{"var": "t"}, {"var": ""}]}"#, "fault"), (#"{"all": [{"var": "no"}, {"var": ""}]}"#, "false"),
        (#"{"some": [{"var": "list"}, {"==": [{"var": ""}, 2]}]}"#, "true"),
        (#"{"some": [{"var": "gone"}, {"var": ""}]}"#, "false"),
        (#"{"none": [{"var": "list"}, {"==": [{"var": ""}, 9]}]}"#, "true"),
        (#"{"none": [{"var": "gone"}, {"var": ""}]}"#, "true"),
        (#"{"reduce": [{"var": "list"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}"#, "6.0"),
        (#"{"reduce": [{"var": "mixed"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}"#, "3.0"),
        (#"{"reduce": [{"var": "texts"}, {"cat": [{"var": "accumulator"}, {"var": "current"}]}, ""]}"#, #""xy""#),
        (#"{"reduce": [{"var": "list"}, {"var": "current"}, false]}"#, "true"),
        (#"{"reduce": [{"var": "gone"}, {"var": ""}, "x"]}"#, "0"),
        (#"{"reduce": [{"var": "list"}, {"var": "valueType"}, ""]}"#, #""string""#),
        (#"{"reduce": [{"var": "list"}, {"var": "gone"}, 0]}"#, "fault"),
        (#"{"reduce": [{"var": "list"}, {"var": ""}, {"var": "gone"}]}"#, "fault"),
        (#"{"reduce": [{"var": "items"}, {"+": [{"var": "current.q"}, {"var": "accumulator"}]}, 0]}"#, "3.0"),
        (#"{"merge": [[1], 2, [[3]], {"var": "list"}]}"#, "[1,2,[3],1,2,3]"),
        (#"{"merge": {"var": "pair"}}"#, #"["abc","ab"]"#),
        (#"{"merge": {"var": "n"}}"#, "[5]"), (#"{"merge": {"var": "nothing"}}"#, "fault"), (#"{"merge": 1}"#, "[1]"),
        (#"{"missing": ["n", "x", "o.k", "o.z", "nothing"]}"#, #"["x","o.z","nothing"]"#),
        (#"{"missing": "x"}"#, #"["x"]"#),
        (#"{"missing": {"var": "texts"}}"#, #"["x","y"]"#), (#"{"missing": {"var": "t"}}"#, #"["abc"]"#),
        (#"{"missing": [{"var": "t"}, true]}"#, "fault"),
        (#"{"missing_some": [1, ["n", "x"]]}"#, "[]"), (#"{"missing_some": [2, ["n", "x"]]}"#, #"["x"]"#),
        (#"{"missing_some": ["2", {"var": "texts"}]}"#, #"["x","y"]"#), (#"{"missing_some": [1, "n"]}"#, "[]"),
        (#"{"missing_some": [null, []]}"#, "fault"),
        (#"{"in": [30, [10, 20, 30, 40, "50", 60, 70, 80, 90]]}"#, "true"),
        (#"{"in": [50, [10, 20, 30, 40, "50", 60, 70, 80, 90]]}"#, "true"),
        (#"{"in": ["50", [10, 20, 30, 40, 50, 60, 70, 80, 90]]}"#, "false"),
        (#"{"in": [1, [10, 20, 30, 40, true, 60, 70, 80, 90]]}"#, "fault"),
        (#"{"in": [10, [10, 20, 30, 40, true, 60, 70, 80, 90]]}"#, "true"),
        (#"{"in": [true, [10, 20, 30, 40, true, 60, 70, 80, 90]]}"#, "true"),
        (#"{"in": [5, [1, 2, 3, 4, [5, 6], 7, 8, 9, 10]]}"#, "true"),
    ])
    func lists(rule: String, expected: String) throws { try expect(rule, expected) }

    @Test(arguments: [
        ("=", "1.2.3", "true"), ("=", "v1.2.3", "true"), ("=", "V1.2.3", "true"), ("=", "1.2.3+build.7", "true"),
        ("!=", "1.2.4", "true"),
        ("<", "1.2.4", "true"), ("<", "1.10.0", "true"), ("<=", "1.2.3", "true"), (">", "1.2.2", "true"),
        (">", "1.2.3-rc.1", "true"),
        (">=", "1.2.3", "true"), (">", "1.2", "true"), (">", "1", "true"), ("^", "1.9.9", "true"),
        ("^", "2.0.0", "false"), ("~", "1.2.9", "true"),
        ("~", "1.3.0", "false"), ("~", "1.2", "true"), ("<", "99999999999999999999999.0.0", "true"),
    ])
    func versions(relation: String, other: String, expected: String) throws {
        try expect(#"{"sem_ver": [{"var": "v"}, "\#(relation)", "\#(other)"]}"#, expected)
        // The same with nothing known beforehand.
        try expect(
            #"{"sem_ver": [{"var": "v"}, {"var": ["gone", "\#(relation)"]}, {"var": ["gone", "\#(other)"]}]}"#, expected
        )
    }

    @Test(arguments: [
        "2.0.0.0", "1.2-beta", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "", "v", "vv1", "1.", "1.2.x",
        " 1.2.3",
    ])
    func noVersions(text: String) throws {
        #expect(SemanticVersion(text) == nil)
        try expect(#"{"sem_ver": [{"var": "v"}, "<", {"var": ["gone", "\#(text)"]}]}"#, "null")
    }

    @Test func versionsInOrder() throws {
        let ordered = [
            "0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0", "1.0.1", "1.2", "2", "10.0.0",
        ]
        for (i, a) in ordered.enumerated() {
            for (j, b) in ordered.enumerated() {
                let (a, b) = (try #require(SemanticVersion(a)), try #require(SemanticVersion(b)))
                #expect(VersionRelation.less.holds(a, b) == (i < j))
                #expect(VersionRelation.equal.holds(a, b) == (i == j))
            }
        }
        try expect(#"{"sem_ver": [1, "=", "1.0.0"]}"#, "true")
        try expect(#"{"sem_ver": [1.2, "~", "1.2.9"]}"#, "true")
        try expect(#"{"sem_ver": [true, "=", {"var": "v"}]}"#, "null")
    }

    // MARK: fractional

    private func fractional(
        _ arguments: String, _ bucketing: Bucketing, key: String? = "ann", attributes: JSONObject = [:]
    ) throws -> String {
        let json = try #require(JSONReader.read(#"{"fractional": \#(arguments)}"#).value)
        var compiler = ExpressionCompiler(references: .none, lenient: true)
        let expression = compiler.compile(json, at: JSONPointer())
        do throws(TargetingFault) {
            return try Scope.with(
                .context(EvaluationContext(targetingKey: key, attributes: attributes)), flagKey: "flag",
                flags: FlagSet(bucketing: bucketing)
            ) { scope throws(TargetingFault) in try expression.value(in: scope) }.compactText()
        } catch {
            return "fault"
        }
    }

    /// What can't be bucketed by differs between the generations.
    @Test(
        arguments: [
            (#"[["single", 1]]"#, #""single""#, #""single""#), (#"[["single"]]"#, #""single""#, #""single""#),
            (#"["x", ["a", 1]]"#, #""a""#, #""a""#), (#"[{"var": "gone"}, ["a", 1]]"#, #""a""#, "null"),
            (#"[null, ["a", 1]]"#, #""a""#, "null"), (#"[{"var": "n"}, ["a", 1]]"#, "null", #""a""#),
            (#"[{"var": "yes"}, ["a", 1]]"#, "null", #""a""#), (#"[{"var": "o"}, ["a", 1]]"#, "null", #""a""#),
            (#"[{"var": "share"}, ["a", 0]]"#, #""s""#, #""s""#), (#"{"var": "shares"}"#, #""s""#, #""s""#),
            (#"{"var": "n"}"#, "null", "null"), (#"[["a", 0], ["b", 0]]"#, "null", "null"),
            (#"[["a", -5], ["b", 1]]"#, #""b""#, #""b""#),
            (#"[["a", 50.0]]"#, #""a""#, #""a""#), (#"[["a", null]]"#, #""a""#, #""a""#),
            (#"[[true, 1]]"#, "true", "true"),
            (#"[[7, 1]]"#, "7", "7"), (#"[[null, 1]]"#, "null", "null"), (#"[[{"var": "o"}, 1]]"#, "null", "null"),
            (#"[[{"if": [true, "a"]}, 1]]"#, #""a""#, #""a""#), (#"[["a", 0], [{"nope": 1}, 1]]"#, "fault", "fault"),
            (#"[["a", 1], [{"nope": 1}, 0]]"#, "fault", "fault"), (#"[["a", {"var": "n"}]]"#, #""a""#, #""a""#),
            (#"[["a", {"var": "half"}]]"#, "null", "null"), (#"[["a", 1], {"var": "share"}]"#, nil, nil),
            (#"[["a", {"var": "big"}], ["b", 1]]"#, "null", "null"),
            (#"[[{"fractional": [["deep", 1]]}, 1]]"#, #""deep""#, #""deep""#),
        ] as [(String, String?, String?)])
    func fractionalArguments(arguments: String, v2: String?, v3: String?) throws {
        let attributes: JSONObject = [
            "n": 5, "yes": true, "o": ["k": 1], "share": ["s", 1], "shares": [["s", 1]], "half": 0.5,
            "big": 2_147_483_647,
        ]
        let (got2, got3) = (
            try fractional(arguments, .v2, attributes: attributes),
            try fractional(arguments, .v3, attributes: attributes)
        )
        if let v2, let v3 { #expect(got2 == v2 && got3 == v3) } else { #expect(got2 != "null" && got3 != "null") }
    }

    @Test func fractionalWithoutTargetingKey() throws {
        for bucketing in Bucketing.allCases {
            for key in [nil, ""] {
                #expect(try fractional(#"[["a", 1]]"#, bucketing, key: key) == "null")
                #expect(try fractional(#"[{"var": "gone"}, ["a", 1]]"#, bucketing, key: key) == "null")
                #expect(try fractional(#"["text", ["a", 1]]"#, bucketing, key: key) == #""a""#)
            }
        }
    }

    /// Compiled shares and shares that are known only at evaluation are one and the same.
    @Test(arguments: Bucketing.allCases) func computedSharesAgree(bucketing: Bucketing) throws {
        for index in 0..<500 {
            let key = "user-\(index)"
            let compiled = try fractional(#"[["a", 10], ["b", 20], ["c", 70]]"#, bucketing, key: key)
            let attributes: JSONObject = [
                "s": [["a", 10], ["b", 20], ["c", 70]], "ten": 10, "key": .string("flag" + key),
            ]
            #expect(try fractional(#"{"var": "s"}"#, bucketing, key: key, attributes: attributes) == compiled)
            #expect(
                try fractional(
                    #"[["a", {"var": "ten"}], ["b", 20], ["c", 70]]"#, bucketing, key: key, attributes: attributes)
                    == compiled)
            if bucketing == .v2 {
                #expect(
                    try fractional(
                        #"[{"var": "key"}, ["a", 10], ["b", 20], ["c", 70]]"#, .v2, key: nil, attributes: attributes)
                        == compiled)
            }
        }
    }

    /// An element of a list doesn't know the flag, and has a targeting key only if it says so itself.
    @Test func fractionalWithinLists() throws {
        let rule = #"{"map": [{"var": "users"}, {"fractional": [["a", 1]]}]}"#
        let data = #"{"users": [{"targetingKey": "ann"}, {"id": 1}, "ann"]}"#
        #expect(try OperatorTests.result(of: rule, data: data) == #"["a",null,null]"#)
    }

    // MARK: Work

    @Test func hostileContextsAreCutShort() throws {
        let long = (0..<20_000).map { String($0) }.joined(separator: ",")
        let data = #"{"list": [\#(long)], "text": "\#(String(repeating: "a", count: 1_000_000))"}"#
        let square = #"{"all": [{"var": "list"}, {"none": [{"var": "list"}, {"==": [{"var": ""}, -1]}]}]}"#
        #expect(try OperatorTests.result(of: square, data: data) == "fault")
        let doubling =
            #"{"reduce": [{"var": "list"}, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "ab"]}"#
        #expect(try OperatorTests.result(of: doubling, data: data) == "fault")
        let compared = #"{"some": [{"var": "list"}, {"!=": [{"var": "text"}, {"var": "text"}]}]}"#
        #expect(try OperatorTests.result(of: compared, data: data) == "fault")
        let sum = #"{"reduce": [{"var": "list"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}"#
        #expect(try OperatorTests.result(of: sum, data: data) == "199990000.0")
    }

    @Test func constantsAreFolded() throws {
        func compiled(_ rule: String) throws -> Expression {
            var compiler = ExpressionCompiler(references: .none, lenient: true)
            return compiler.compile(try #require(JSONReader.read(rule).value), at: JSONPointer())
        }
        for (rule, value) in [
            (#"{"+": [1, {"*": [2, 3]}]}"#, "7.0"),
            (#"{"if": [{"==": [1, 1]}, {"cat": ["o", "n"]}, {"var": "x"}]}"#, #""on""#),
            (#"{"map": [[1, 2], 5]}"#, "[5,5]"), (#"{"in": ["a", ["a"]]}"#, "true"),
            (#"{"if": [0, {"var": "x"}, "y"]}"#, #""y""#),
        ] {
            guard case .constant(let constant) = try compiled(rule) else {
                Issue.record("\(rule) isn't folded")
                continue
            }
            #expect(constant.compactText() == value)
        }
        if case .fault = try compiled(#"{"+": [true]}"#) {} else { Issue.record("a fault isn't folded") }
        let partly = try compiled(#"{"if": [0, 1, {"var": "x"}, 2, 1, 3, {"var": "y"}, 4]}"#)
        if case .conditional(let clauses, _) = partly {
            #expect(clauses.count == 1)
        } else {
            Issue.record("a condition isn't left")
        }
    }
}
