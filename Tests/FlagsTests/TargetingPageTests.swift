import Foundation
import JSON
import Testing

@testable import Flags

/// docs/targeting.md says what is.
@Suite struct TargetingPageTests {
    private static func page() throws -> String {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: package.appendingPathComponent("docs/targeting.md"), encoding: .utf8)
    }

    private static func samples() throws -> [String] {
        try page().components(separatedBy: "```json\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
    }

    @Test func samplesAreWhatTheyShow() throws {
        let samples = try Self.samples()
        #expect(samples.count == 4)
        let checkout = try flagSet(samples[0])
        let answers: [(JSONObject, String)] = [
            (["email": "ann@example.org"], "new"), (["email": "ann@elsewhere.org"], "old"),
            (["app": ["version": "2.3.9"], "targetingKey": "u"], "old"),
        ]
        for (attributes, variant) in answers {
            let context = EvaluationContext(attributes: attributes)
            #expect(checkout.evaluate("checkout", context: context, unixSeconds: 0).variant == variant)
        }
        let new = (0..<2_000).count { index in
            let context = EvaluationContext(targetingKey: "user-\(index)", attributes: ["app": ["version": "v2.4.0"]])
            return checkout.evaluate("checkout", context: context, unixSeconds: 0).variant == "new"
        }
        #expect((140...260).contains(new))
        let bar = try flagSet(samples[1])
        let ann = EvaluationContext(attributes: ["email": "ann@example.org"])
        #expect(bar.evaluate("debug-bar", context: ann, unixSeconds: 0).variant == "on")
        #expect(bar.evaluate("debug-bar", context: EvaluationContext(), unixSeconds: 0).variant == "off")
    }

    @Test func rolloutsAndGroupsAreWhatTheyShow() throws {
        let samples = try Self.samples()
        let rollout = try flagSet(samples[2])
        func variant(_ user: String) -> String? {
            rollout.evaluate("new-checkout", context: EvaluationContext(targetingKey: user), unixSeconds: 0).variant
        }
        #expect(variant("ann") == "on" && variant("bob") == "off" && variant("cleo") == "off")
        #expect((60...140).contains((0..<2_000).count { variant("user-\($0)") == "on" }))
        let flag = #"{"if": [{"in_pilot": "insiders"}, "on"]}"#
        let groups = try flagSet(
            String(samples[3].trimmingCharacters(in: .whitespacesAndNewlines).dropLast())
                + #", "flags": {"f": {"state": "ENABLED", "variants": {"on": true}, "targeting": \#(flag)}}}"#)
        func isIn(_ user: String, _ email: String) -> Bool {
            let context = EvaluationContext(targetingKey: user, attributes: ["email": .string(email)])
            return groups.evaluate("f", context: context, unixSeconds: 0).variant == "on"
        }
        #expect(isIn("zoe", "") && isIn("cy", "cy@example.org") && !isIn("bob", "bob@example.org"))
        #expect((25...75).contains((0..<2_000).count { isIn("user-\($0)", "") }))
    }

    @Test func everyOperatorIsThere() throws {
        let page = try Self.page()
        for name in OperatorTable.names { #expect(page.contains("`\(name)`"), "\(name)") }
    }

    @Test func limitsAreTheOnesThere() throws {
        let page = try Self.page()
        for (words, limit) in [
            ("inside one another | ", ExpressionCompiler.deepest),
            ("evaluators put in | ", ExpressionCompiler.mostNodes),
            ("into one document | ", FlagReader.mostReferencedNodes),
            ("lists, inside one another | ", ExpressionCompiler.mostWalks),
            ("whatever the context holds | ", Work.mostConstantSteps), ("After\n", Work.mostSteps),
        ] {
            let digits = String(limit)
            let text = digits.count > 3 && digits.count < 7 ? digits.dropLast(3) + "," + digits.suffix(3) : digits[...]
            let written = limit == 1_000_000 ? "1,000,000" : String(text)
            #expect(page.contains(words + written), "\(words)\(written)")
        }
    }
}
