import Flags
import JSON
import Testing

@Suite struct FlagDocumentTests {
    @Test func readsEverythingAFlagCanHave() throws {
        let (document, problems) = try readDocument(
            #"""
            {"$schema": "https://flagd.dev/schema/v0/flags.json",
             "metadata": {"team": "shop", "version": 1},
             "flags": {
               "price": {"state": "ENABLED", "variants": {"low": 1, "high": 2.50, "round": 10.0}, "defaultVariant": "low",
                         "description": "How much", "metadata": {"version": 2, "on": true},
                         "targeting": {"if": [{"==": [{"var": "tier"}, "gold"]}, "high", null]}},
               "bare": {"state": "DISABLED", "variants": {"x": {"a": [null]}}, "defaultVariant": null}},
             "pilots": {"staff": {"members": ["ann", "bob"]}, "beta-1.x_y": {"members": []}}}
            """#)
        #expect(problems.isEmpty, "\(problems)")
        #expect(
            document.pilots == [.init(name: "staff", members: ["ann", "bob"]), .init(name: "beta-1.x_y", members: [])])
        let price = try #require(document.flags.first)
        #expect(price.key == "price")
        #expect(price.description == "How much")
        #expect(price.metadata == ["team": "shop", "version": 2, "on": true])
        #expect(
            String(decoding: price.storedBytes, as: UTF8.self)
                == #"{"defaultVariant":"low","description":"How much","metadata":{"on":true,"team":"shop","version":2},"#
                + #""state":"ENABLED","targeting":{"if":[{"==":[{"var":"tier"},"gold"]},"high",null]},"#
                + #""variants":{"high":2.5,"low":1,"round":10.0}}"#)
        let bare = document.flags[1]
        #expect(bare.defaultVariant == nil && bare.state == .disabled && bare.targeting == nil)
        #expect(
            bare.json == [
                "state": "DISABLED", "variants": ["x": ["a": [.null]]], "metadata": ["team": "shop", "version": 1],
            ])
    }

    @Test func storedBytesReadBackAsTheSameFlag() throws {
        let text = DocumentProblemTests.rule(#"{"if": [{"in": [{"var": "x"}, [1, 2.0, "é"]]}, "on", "off"]}"#)
        let flag = try #require(try readDocument(text).document.flags.first)
        var problems: [Problem] = []
        let json = try #require(JSONReader.read(flag.storedBytes).value)
        let again = FlagDefinition.read(
            key: "f", json, at: JSONPointer(), lenient: false, knownPilots: { _ in false }, problems: &problems)
        #expect(problems.isEmpty)
        #expect(again == flag)
        #expect(again?.storedBytes == flag.storedBytes)
    }

    @Test func anEmptyDefaultVariantIsNone() throws {
        let text = #"{"flags": {"f": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": ""}}}"#
        let (document, problems) = try readDocument(text)
        #expect(problems.isEmpty)
        #expect(document.flags.first?.defaultVariant == nil)
    }

    @Test func pilotsOfTheDocumentAndOfTheEnvironmentAreKnown() throws {
        let text = #"""
            {"pilots": {"own": {"members": ["ann"]}},
             "flags": {"f": {"state": "ENABLED", "variants": {"on": true}, "targeting":
               {"if": [{"or": [{"in_pilot": "own"}, {"in_pilot": ["there", {"var": "email"}]}, {"in_pilot": ["gone"]}]}, "on"]}}}}
            """#
        let problems = try readDocument(text, knownPilots: ["there"]).problems
        #expect(problems.map(\.pointer.description) == ["/flags/f/targeting/if/0/or/2/in_pilot"])
        #expect(FlagDocument.pilotNames(in: ["pilots": ["a": 1, "b": 2]]) == ["a", "b"])
        #expect(FlagDocument.pilotNames(in: ["pilots": []]) == [])
    }

    @Test func aSingleFlagKnowsNoUnknownPilots() {
        let json: JSONValue = [
            "state": "ENABLED", "variants": ["on": true], "targeting": ["if": [["in_pilot": "staff"], "on"]],
        ]
        for (lenient, known, good) in [(false, false, false), (true, false, true), (false, true, true)] {
            var problems: [Problem] = []
            let flag = FlagDefinition.read(
                key: "f", json, at: JSONPointer().appending("x"), lenient: lenient, knownPilots: { _ in known },
                problems: &problems)
            #expect((flag != nil) == good)
            #expect(problems.map(\.pointer.description) == (known ? [] : ["/x/targeting/if/0/in_pilot"]))
        }
    }

    @Test func referencesAreReplacedInsideOneAnother() throws {
        let (document, problems) = try readDocument(
            #"""
            {"$evaluators": {"b": {"if": [{"$ref": "a"}, "on", "off"]}, "a": {"==": [{"var": "x"}, 1]}, "unused": {"!": 1}},
             "flags": {"f": {"state": "ENABLED", "variants": {"on": true, "off": false}, "targeting": { "$ref" : "b" }}}}
            """#)
        #expect(problems.isEmpty, "\(problems)")
        #expect(document.flags.first?.targeting == ["if": [["==": [["var": "x"], 1]], "on", "off"]])
    }

    @Test func problemsInEvaluatorsAreReportedOnceAndResultsPerFlag() throws {
        let text = #"""
            {"$evaluators": {"bad": {"if": [{"nope": 1}, "on", {"in_pilot": "nobody"}]}, "more": {"!": {"$ref": "missing"}}},
             "flags": {
               "f": {"state": "ENABLED", "variants": {"on": true}, "targeting": {"$ref": "bad"}},
               "g": {"state": "ENABLED", "variants": {"off": true}, "targeting": {"or": [{"$ref": "bad"}]}}}}
            """#
        let strict = try readDocument(text).problems
        #expect(
            strict.map(\.pointer.description).sorted() == [
                "/$evaluators/bad/if/0/nope", "/$evaluators/bad/if/2/in_pilot", "/$evaluators/more/!",
                "/flags/g/targeting/or/0",
            ])
        #expect(strict.allSatisfy { $0.severity == .error })
        let lenient = try readDocument(text, lenient: true)
        #expect(lenient.problems.allSatisfy { $0.severity == .warning })
        #expect(lenient.document.flags.count == 2)
    }

    @Test func circlesAreNamed() throws {
        let text = #"""
            {"$evaluators": {"a": {"and": [{"$ref": "b"}]}, "b": {"or": [1, {"$ref": "a"}]}, "into": {"!": {"$ref": "a"}}, "fine": {"!": 1}},
             "flags": {"f": {"state": "ENABLED", "variants": {"on": true}, "targeting": {"if": [{"$ref": "a"}, "on"]}}}}
            """#
        for lenient in [true, false] {
            let problems = try readDocument(text, lenient: lenient).problems
            #expect(problems.map(\.pointer.description) == ["/$evaluators/a", "/$evaluators/b", "/$evaluators/into"])
            #expect(problems.allSatisfy { $0.severity == .error })
            #expect(problems.first?.message.contains("\"b\" → \"a\"") == true, "\(problems)")
        }
    }

    /// The shapes of a public demo's flags: names such as "10%", numbers that mix whole and fractional.
    @Test func numbersStayAsWritten() throws {
        let set = try flagSet(
            #"""
            {"flags": {"cartFailure": {"description": "Fail cart service n% of the time", "state": "ENABLED",
              "variants": {"100%": 1, "95%": 0.95, "10%": 0.1, "off": 0, "ten": 10.0}, "defaultVariant": "95%"}}}
            """#)
        let answer = set.evaluate("cartFailure", context: EvaluationContext(), unixSeconds: 0)
        #expect(answer.value == .double(0.95))
        #expect(set.definition(of: "cartFailure")?.variants["100%"] == .integer(1))
        #expect(set.definition(of: "cartFailure")?.variants["ten"]?.compactText() == "10.0")
    }
}
