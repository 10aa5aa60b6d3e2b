import Flags
import JSON
import Testing

@Suite struct EvaluationTests {
    static let document = #"""
        {"metadata": {"team": "shop"},
         "pilots": {"staff": {"members": ["ann", "bob@x.org"]}},
         "flags": {
          "static": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"},
          "empty-rule": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "targeting": {}},
          "no-default": {"state": "ENABLED", "variants": {"on": true}},
          "disabled": {"state": "DISABLED", "variants": {"on": true}, "defaultVariant": "on",
                       "targeting": {"if": [true, "on"]}, "metadata": {"a": 1}},
          "tier": {"state": "ENABLED", "variants": {"low": 1, "high": 2.5}, "defaultVariant": "low",
                   "targeting": {"if": [{"==": [{"var": "tier"}, "gold"]}, "high", null]}},
          "tier-no-default": {"state": "ENABLED", "variants": {"low": 1}, "targeting": {"if": [{"var": "go"}, "low"]}},
          "by-name": {"state": "ENABLED", "variants": {"true": "t", "false": "f", "1": "one", "2.5": "half", "é": "e"},
                      "defaultVariant": "1", "targeting": {"var": "pick"}},
          "staff-only": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                         "targeting": {"if": [{"in_pilot": "staff"}, "on", "off"]}},
          "staff-mail": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                         "targeting": {"if": [{"in_pilot": ["staff", {"var": "email"}]}, "on", "off"]}},
          "own-key": {"state": "ENABLED", "variants": {"own-key": 1}, "targeting": {"var": "$flagd.flagKey"}},
          "clock": {"state": "ENABLED", "variants": {"early": "e", "late": "l"},
                    "targeting": {"if": [{"<": [{"var": "$flagd.timestamp"}, 1000]}, "early", "late"]}},
          "key-seen": {"state": "ENABLED", "variants": {"ann": 1}, "targeting": {"var": "targetingKey"}},
          "lists": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                    "targeting": {"if": [{"in": [1, "12"]}, "on"]}}}}
        """#

    @Test(
        arguments: [
            ("static", "{}", "on", "true", "STATIC", nil), ("empty-rule", "{}", "on", "true", "STATIC", nil),
            ("no-default", "{}", nil, nil, "DEFAULT", nil), ("disabled", "{}", nil, nil, "DISABLED", nil),
            ("missing", "{}", nil, nil, "ERROR", "FLAG_NOT_FOUND"),
            ("tier", #"{"tier": "gold"}"#, "high", "2.5", "TARGETING_MATCH", nil),
            ("tier", #"{"tier": "tin"}"#, "low", "1", "DEFAULT", nil), ("tier", "{}", "low", "1", "DEFAULT", nil),
            ("tier-no-default", "{}", nil, nil, "DEFAULT", nil),
            ("tier-no-default", #"{"go": 1}"#, "low", "1", "TARGETING_MATCH", nil),
            ("by-name", #"{"pick": true}"#, "true", #""t""#, "TARGETING_MATCH", nil),
            ("by-name", #"{"pick": false}"#, "false", #""f""#, "TARGETING_MATCH", nil),
            ("by-name", #"{"pick": 1}"#, "1", #""one""#, "TARGETING_MATCH", nil),
            ("by-name", #"{"pick": 1.0}"#, "1", #""one""#, "TARGETING_MATCH", nil),
            ("by-name", #"{"pick": 2.50}"#, "2.5", #""half""#, "TARGETING_MATCH", nil),
            ("by-name", #"{"pick": "é"}"#, "é", #""e""#, "TARGETING_MATCH", nil),
            ("by-name", #"{"pick": "e\u0301"}"#, nil, nil, "ERROR", "GENERAL"),
            ("by-name", #"{"pick": "other"}"#, nil, nil, "ERROR", "GENERAL"),
            ("by-name", #"{"pick": ["true"]}"#, nil, nil, "ERROR", "GENERAL"),
            ("by-name", #"{"pick": {"if": [1, "true"]}}"#, nil, nil, "ERROR", "GENERAL"),
            ("by-name", #"{"pick": null}"#, "1", #""one""#, "DEFAULT", nil),
            ("staff-only", #"{"targetingKey": "ann"}"#, "on", "true", "TARGETING_MATCH", nil),
            ("staff-only", #"{"targetingKey": "eve"}"#, "off", "false", "TARGETING_MATCH", nil),
            ("staff-only", #"{"targetingKey": null}"#, "off", "false", "TARGETING_MATCH", nil),
            ("staff-only", "{}", "off", "false", "TARGETING_MATCH", nil),
            ("staff-mail", #"{"targetingKey": "ann", "email": "bob@x.org"}"#, "on", "true", "TARGETING_MATCH", nil),
            ("staff-mail", #"{"targetingKey": "ann"}"#, "off", "false", "TARGETING_MATCH", nil),
            ("own-key", #"{"$flagd": {"flagKey": "forged"}}"#, "own-key", "1", "TARGETING_MATCH", nil),
            ("clock", #"{"$flagd": {"timestamp": 5000}}"#, "early", #""e""#, "TARGETING_MATCH", nil),
            ("key-seen", #"{"targetingKey": "ann"}"#, "ann", "1", "TARGETING_MATCH", nil),
            ("lists", "{}", nil, nil, "ERROR", "PARSE_ERROR"),
        ] as [(String, String, String?, String?, String, String?)])
    func answers(
        key: String, contextText: String, variant: String?, value: String?, reason: String, code: String?
    ) throws {
        let set = try flagSet(Self.document)
        let answer = set.evaluate(key, context: try context(contextText), unixSeconds: 999)
        #expect(answer.variant == variant)
        #expect(answer.value?.compactText() == value)
        #expect(answer.reason.rawValue == reason)
        #expect(answer.errorCode?.rawValue == code)
        #expect((answer.errorDetails != nil) == (code != nil))
        if code != "FLAG_NOT_FOUND" { #expect(answer.metadata["team"] == "shop") }
    }

    @Test func timeIsWhatTheCallerOfEvaluateSays() throws {
        let set = try flagSet(Self.document)
        #expect(set.evaluate("clock", context: EvaluationContext(), unixSeconds: 1000).variant == "late")
    }

    @Test func wholeContextShowsWhatIsLaidOverIt() throws {
        let set = try flagSet(
            #"""
            {"flags": {"f": {"state": "ENABLED", "variants": {"yes": 1}, "targeting":
              {"if": [{"and": [{"!!": [{"var": ""}]}, {"==": [{"var": [{"var": "path"}]}, 77]}]}, "yes"]}}}}
            """#)
        let attributes: JSONObject = ["path": "$flagd.timestamp", "$flagd": 1]
        let answer = set.evaluate("f", context: EvaluationContext(attributes: attributes), unixSeconds: 77)
        #expect(answer.variant == "yes")
    }

    @Test func contexts() throws {
        #expect(try context(#"{"targetingKey": "ann", "a": 1}"#).targetingKey == "ann")
        #expect(try context(#"{"targetingKey": null}"#).targetingKey == nil)
        #expect(try context("{}").targetingKey == nil)
        #expect(EvaluationContext(attributes: ["targetingKey": "bob"]).targetingKey == "bob")
        for (text, reason) in [
            ("[]", "is an array"), ("null", "is null"), (#"{"targetingKey": 5}"#, "targetingKey is a number"),
        ] {
            let json = try #require(JSONReader.read(text).value)
            let fault = #expect(throws: InvalidContext.self) { try EvaluationContext(json: json) }
            #expect(fault?.reason.contains(reason) == true)
        }
    }
}
