import Flags
import JSON
import Testing

/// Documents made to cost: each is refused within bounds, or read within them.
@Suite struct HostileDocumentTests {
    @Test func hostileRulesAreRefused() throws {
        func nested(_ count: Int) -> String {
            String(repeating: #"{"!":"#, count: count) + "1" + String(repeating: "}", count: count)
        }
        #expect(try readDocument(DocumentProblemTests.rule(nested(64))).problems.isEmpty)
        let deep = try readDocument(DocumentProblemTests.rule(nested(65)), lenient: true).problems
        #expect(deep.count == 1)
        #expect(deep.first?.message.contains("deeper than 64") == true)

        let users = (0..<10_000).map { "\"user\($0)\"" }.joined(separator: ",")
        let wide = try readDocument(
            DocumentProblemTests.rule(#"{"if": [{"in": [{"var": "x"}, ["# + users + #"]]}, "on"]}"#)
        ).problems
        #expect(wide.count == 1)
        #expect(wide.first?.message.contains("more than 10000 values") == true)
        #expect(wide.first?.hint?.contains("pilot group") == true)

        let data = try readDocument(DocumentProblemTests.rule(#"{"!": [{"a": 1, "b": ["# + users + "]}]}")).problems
        #expect(data.count == 1)
        #expect(data.first?.message.contains("more than 10000 values") == true)
    }

    @Test func hostileWalksAreRefused() throws {
        func walks(_ count: Int) -> String {
            (0..<count).reduce(#"{"var": ""}"#) { rule, _ in #"{"some": [{"var": ""}, "# + rule + "]}" }
        }
        #expect(try readDocument(DocumentProblemTests.rule(#"{"if": ["# + walks(4) + #", "on"]}"#)).problems.isEmpty)
        let deep = try readDocument(DocumentProblemTests.rule(#"{"if": ["# + walks(5) + #", "on"]}"#), lenient: true)
            .problems
        #expect(deep.count == 1 && deep[0].severity == .error)
        #expect(deep.first?.message.contains("more than 4 operators walk") == true)
        #expect(deep.first?.hint?.contains("in the service") == true)

        let list = (0..<400).map { String($0) }.joined(separator: ",")
        let square = #"{"some": [["# + list + #"], {"some": [["# + list + #"], {"==": [{"var": ""}, {"var": "x"}]}]}]}"#
        let long = try readDocument(DocumentProblemTests.rule(#"{"if": ["# + square + #", "on"]}"#)).problems
        #expect(long.count == 1)
        #expect(long.first?.message.contains("more than 100000 steps") == true)
        #expect(long.first?.hint?.contains("shorter lists") == true)
    }

    @Test func referencesDoNotExplode() throws {
        var rules = [#""e0": {"==": [1, 1]}"#]
        for index in 1..<60 {
            rules.append(#""e\#(index)": {"and": [{"$ref": "e\#(index - 1)"}, {"$ref": "e\#(index - 1)"}]}"#)
        }
        let text = """
            {"$evaluators": {\(rules.joined(separator: ","))}, "flags": {"f": {"state": "ENABLED",
             "variants": {"on": true}, "targeting": {"if": [{"$ref": "e59"}, "on"]}}}}
            """
        let problems = try readDocument(text, lenient: true).problems
        #expect(problems.count == 1)
        #expect(problems.first?.pointer.description.hasPrefix("/flags/f/targeting") == true)
        #expect(problems.first?.severity == .error)
    }

    @Test func manyFlagsWithOneLargeEvaluatorAreBounded() throws {
        let list = (0..<9_000).map { String($0) }.joined(separator: ",")
        let flags = (0..<120).map {
            #""f\#($0)": {"state": "ENABLED", "variants": {"on": true}, "targeting": {"if": [{"$ref": "big"}, "on"]}}"#
        }
        let text = """
            {"$evaluators": {"big": {"in": [{"var": "n"}, [\(list)]]}}, "flags": {\(flags.joined(separator: ","))}}
            """
        let problems = try readDocument(text).problems
        #expect(problems.first?.message.contains("more than 1000000 values") == true)
    }
}
