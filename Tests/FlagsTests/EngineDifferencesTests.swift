import Flags
import JSON
import Testing

/// What engines of flagd's are known to disagree on, and our answer to each: docs/targeting.md says why.
@Suite struct EngineDifferencesTests {
    private struct Answer: Hashable, CustomStringConvertible {
        var description: String
        init(_ evaluation: Evaluation) {
            description = evaluation.errorCode?.rawValue ?? evaluation.variant ?? evaluation.reason.rawValue
        }
    }

    /// The targeting of a flag with variants on, off and more, its default off; what is answered to `context`.
    private func answer(
        _ targeting: String, _ context: JSONObject = [:], _ bucketing: Bucketing = .v2, variants: String = ""
    ) throws -> String {
        let text = #"""
            {"flags": {"f": {"state": "ENABLED", "defaultVariant": "off",
             "variants": {"on": true, "off": false, "1": true, "true": true\#(variants)}, "targeting": \#(targeting)}}}
            """#
        var set = try flagSet(text, lenient: true)
        set.bucketing = bucketing
        let context = EvaluationContext(attributes: context)
        return Answer(set.evaluate("f", context: context, unixSeconds: 0)).description
    }

    /// `on` where the condition holds, `off` where it doesn't.
    private func holds(_ condition: String, _ context: JSONObject = [:]) throws -> String {
        try answer(#"{"if": [\#(condition), "on", "off"]}"#, context)
    }

    @Test func bucketingGenerations() throws {
        let rule = #"{"fractional": [{"var": "key"}, ["on", 1], ["off", 1]]}"#
        // v2 hashes the text, v3 its CBOR; ceQdGm has the highest hash of v2 and one below the middle of none in v3.
        #expect(try answer(rule, ["key": "ejOoVL"], .v2) == "on")
        #expect(try answer(rule, ["key": "ceQdGm"], .v2) == "off")
        #expect(try answer(rule, ["key": "日本語"], .v3) == "off")
        #expect(try answer(rule, ["key": "😀"], .v3) == "on")
        #expect(try answer(rule, ["key": "😀"], .v2) == "off")
    }

    @Test func nothingToBucketByThoughThereIsATargetingKey() throws {
        let rule = #"{"fractional": [{"var": "gone"}, ["on", 1]]}"#
        #expect(try answer(rule, ["targetingKey": "ann"], .v2) == "on")
        #expect(try answer(rule, ["targetingKey": "ann"], .v3) == "off")
    }

    @Test func wholeWeightsWithAFraction() throws {
        for bucketing in Bucketing.allCases {
            #expect(try answer(#"{"fractional": ["x", ["on", 50.0]]}"#, [:], bucketing) == "on")
            #expect(try answer(#"{"fractional": ["x", ["on", {"var": "w"}]]}"#, ["w": 50.5], bucketing) == "off")
        }
    }

    /// flagd's Python engine draws the list, which then names no variant; for the others' users it goes on.
    @Test func listsAsTheVariantOfAShare() throws {
        let literal = #"{"fractional": [{"var": "key"}, [["on"], 50], ["on", 50]]}"#
        let computed = #"{"fractional": [{"var": "key"}, [{"merge": ["on"]}, 50], ["on", 50]]}"#
        for key in ["a", "b", "c", "d"] {
            #expect(try answer(literal, ["key": .string(key)]) == "off")
            #expect(try answer(computed, ["key": .string(key)]) == "off")
        }
        let (_, problems) = try readDocument(DocumentProblemTests.rule(literal))
        #expect(problems.contains { $0.severity == .error && $0.message.contains("a share's variant is an array") })
    }

    @Test func numbersAsVariants() throws {
        #expect(try answer(#"{"var": "n"}"#, ["n": 1.0]) == "1")
        #expect(try answer(#"{"+": [{"var": "n"}, 0]}"#, ["n": 1]) == "1")
    }

    @Test(arguments: [
        (#"{"==": [{"var": "nothing"}, 0]}"#, "off"), (#"{"==": [{"var": "empty"}, 0]}"#, "on"),
        (#"{"==": [{"var": "list"}, 0]}"#, "off"), (#"{"==": [{"%": [{"var": "minus"}, 3]}, -2]}"#, "on"),
        (#"{"!!": [{"var": "object"}]}"#, "off"), (#"{"==": [{"substr": [{"var": "emoji"}, 1]}, "x"]}"#, "on"),
        (#"{"sem_ver": [{"var": "partial"}, "<", "2.0.0"]}"#, "off"),
        (#"{"==": [{"cat": [{"var": "spaced"}, {"var": "spaced"}]}, "a a"]}"#, "on"),
        (#"{"==": [{"cat": ["x", {"var": "nothing"}]}, "x"]}"#, "on"),
        (#"{"cat": ["x", {"var": "yes"}]}"#, "PARSE_ERROR"),
        (#"{">": [{"/": [1, {"var": "zero"}]}, 5]}"#, "on"), (#"{"nope": 1}"#, "PARSE_ERROR"),
        (#"{"or": [true, {"nope": 1}]}"#, "on"), (#"{"<=": [{"var": "nothing"}, 0]}"#, "off"),
        (#"{"==": [{"+": ["x", 1]}, 1]}"#, "on"), (#"{"===": [1, true]}"#, "off"),
        (#"{"==": [{"substr": ["abc", 9]}, "abc"]}"#, "on"), (#"{"substr": ["abc", 2, -2]}"#, "PARSE_ERROR"),
        (#"{"some": [{"var": "items"}, {"==": [{"var": "zero"}, 5]}]}"#, "off"),
        (#"{"!!": [{"missing": ["empty"]}]}"#, "off"), (#"{"in": [5, "12345"]}"#, "PARSE_ERROR"),
    ])
    func coercions(condition: String, expected: String) throws {
        let context: JSONObject = [
            "nothing": .null, "empty": "", "list": [], "minus": -5, "object": [:], "emoji": "😀x", "partial": "1.2-beta",
            "spaced": "a ", "yes": true, "zero": 0, "items": [["zero": 5]],
        ]
        #expect(try holds(condition, context) == expected, "\(condition)")
    }

    @Test func dividedByZeroAsTheResult() throws {
        #expect(try answer(#"{"/": [1, {"var": "zero"}]}"#, ["zero": 0]) == "PARSE_ERROR")
        #expect(try answer(#"{"/": [1, 0]}"#) == "PARSE_ERROR")
    }

    @Test func oddNamesOfVariants() throws {
        for name in ["a<b", "a&b", "a\u{2028}b", "say \\\"hi\\\""] {
            let written = "\"\(name)\""
            #expect(
                try answer(#"{"if": [{"var": "x"}, \#(written)]}"#, ["x": 1], variants: ", \(written): true")
                    == name.replacing("\\\"", with: "\""))
        }
    }

    /// A value from the context is never evaluated: nobody writes rules by sending a context.
    @Test func contextsAreData() throws {
        #expect(try answer(#"{"if": [true, {"var": "pick"}]}"#, ["pick": ["if": [true, "on"]]]) == "GENERAL")
        #expect(try answer(#"{"var": "pick"}"#, ["pick": "on"]) == "on")
    }

    @Test func targetingKeyAsAnAttribute() throws {
        #expect(
            try answer(#"{"if": [{"==": [{"var": "targetingKey"}, "ann"]}, "on"]}"#, ["targetingKey": "ann"]) == "on")
        #expect(try answer(#"{"if": [{"var": "targetingKey"}, "on"]}"#, ["targetingKey": .null]) == "off")
    }

    @Test func badDefaultVariantsAndNullVariantsAreRefused() throws {
        let flags = [
            #"{"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "b"}"#,
            #"{"state": "ENABLED", "variants": {"a": null}}"#, #"{"state": "ENABLED", "variants": {"a": 1}, "new": 1}"#,
        ]
        for flag in flags {
            #expect(try readDocument(#"{"flags": {"f": \#(flag)}}"#, lenient: true).problems.first?.severity == .error)
        }
    }
}
