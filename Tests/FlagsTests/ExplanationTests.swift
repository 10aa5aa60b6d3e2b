import Flags
import JSON
import Testing

/// What `explain` says of the path to an answer.
@Suite struct ExplanationTests {
    private let set: FlagSet

    init() throws {
        set = try flagSet(
            #"""
            {"flags": {
               "basket": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                 "targeting": {"if": [{"==": [{"var": "plan"}, "gold"]}, "on", {"in_pilot": "staff"}, "on", null]},
                 "rollout": {"variant": "on", "percentage": 25, "pilots": ["early"], "exclude": {"users": ["eve"]}}},
               "checkout": {"state": "ENABLED", "variants": {"new": 1, "old": 2}, "defaultVariant": "old",
                 "prerequisites": [{"flag": "basket", "variant": "on"}],
                 "targeting": {"fractional": [["new", 30], ["old", 70]]}},
               "gone": {"state": "DISABLED", "variants": {"on": true}},
               "broken": {"state": "ENABLED", "variants": {"on": true}, "targeting": {"if": [{"cat": [{"var": "n"}]}, "on"]}}},
             "pilots": {"staff": {"members": ["ann"]}, "early": {"percentage": 50, "exclude": ["fay"]}}}
            """#)
    }

    private func explain(_ key: String, _ context: String) throws -> Explanation {
        let context = try FlagsTests.context(context)
        let explanation = try #require(set.explain(key, context: context, unixSeconds: 1_000))
        #expect(explanation.evaluation == set.evaluate(key, context: context, unixSeconds: 1_000))
        return explanation
    }

    private func lines(_ steps: [Explanation.Step], _ indent: String = "") -> [String] {
        steps.flatMap { step in
            let result = step.result.map { " → \($0.compactText())" } ?? ""
            return ["\(indent)\(step.what)\(result)\(step.detail.map { " (\($0))" } ?? "")"]
                + lines(step.children, indent + "  ")
        }
    }

    @Test func theConditionThatDecidedIsTheLast() throws {
        let lines = try lines(explain("basket", #"{"targetingKey": "bob", "plan": "gold"}"#).steps)
        #expect(
            lines == [
                #"targeting → "on""#, #"  if → "on""#, #"    {"==":[{"var":"plan"},"gold"]} → true"#,
                #"      {"var":"plan"} → "gold""#, #"    then → "on""#,
            ])
    }

    @Test func everyGroupSaysWhy() throws {
        let ann = try lines(explain("basket", #"{"targetingKey": "ann"}"#).steps)
        #expect(ann.contains { $0.contains(#"{"in_pilot":"staff"} → true (ann is a member)"#) }, "\(ann)")
        let fay = try lines(explain("basket", #"{"targetingKey": "fay"}"#).steps)
        #expect(fay.contains { $0.contains("in pilot group early → false (the group excludes fay)") }, "\(fay)")
        let eve = try lines(explain("basket", #"{"targetingKey": "eve"}"#).steps)
        #expect(eve.contains("  excluded by name → true"), "\(eve)")
        #expect(eve.last == #"default variant → "off""#)
    }

    @Test func aShareNamesItsBucket() throws {
        for user in (0..<50).map({ "user-\($0)" }) {
            let explanation = try explain("basket", #"{"targetingKey": "\#(user)"}"#)
            let lines = lines(explanation.steps)
            if lines.contains(where: { $0.contains("in pilot group early → true (bucket ") }) {
                #expect(explanation.evaluation.variant == "on")
            } else {
                let share = try #require(lines.first { $0.contains("within 25 % of everybody") }, "\(lines)")
                #expect(share.contains(explanation.evaluation.variant == "on" ? "→ true" : "→ false"), "\(share)")
                #expect(share.contains("(bucket ") && share.contains(" of 10000"), "\(share)")
            }
        }
    }

    @Test func prerequisitesBringTheirOwnPath() throws {
        let lines = try lines(explain("checkout", #"{"targetingKey": "ann"}"#).steps)
        #expect(lines.first == #"requires on of basket → "on" (met)"#)
        #expect(
            lines.contains { $0.contains(#"{"fractional":[["new",30],["old",70]]}"#) && $0.contains("of 100, where") })
        let unmet = try self.lines(explain("checkout", #"{"targetingKey": "eve"}"#).steps)
        #expect(unmet.first == #"requires on of basket → "off" (not met)"#)
        #expect(unmet.last == #"default variant → "old""#)
    }

    @Test func whatIsAheadOfRulesIsSaid() throws {
        #expect(try lines(explain("gone", "{}").steps) == [#"state → "DISABLED" (the caller's own default is used)"#])
        let killed = set.killing(["basket": Kill(variant: "off", value: false)])
        let explanation = try #require(killed.explain("basket", context: EvaluationContext(), unixSeconds: 0))
        #expect(lines(explanation.steps) == [#"killed → "off" (for everyone, ahead of all rules)"#])
        #expect(set.explain("nowhere", context: EvaluationContext(), unixSeconds: 0) == nil)
    }

    @Test func aFaultIsNamedWhereItIs() throws {
        let explanation = try explain("broken", #"{"n": true}"#)
        #expect(explanation.evaluation.errorCode == .parseError)
        #expect(lines(explanation.steps).contains { $0.contains(#"{"cat":[{"var":"n"}]}"#) && $0.contains("(") })
        #expect(explanation.json["errorCode"] == "PARSE_ERROR")
    }
}
