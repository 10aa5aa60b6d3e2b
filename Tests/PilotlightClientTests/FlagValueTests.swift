import JSON
import LookupProtocol
import Testing

@testable import PilotlightClient

@Suite struct FlagValueTests {
    @Test func jsonThereAndBack() throws {
        let value: FlagValue = [
            "text": "čau \"x\"", "yes": true, "whole": 3, "half": 0.5, "list": [1, .null, ["deep": "er"]],
        ]
        var bytes: [UInt8] = []
        try #require(value.json).write(to: &bytes)
        #expect(FlagValue(bytes: bytes) == value)
        #expect(FlagValue(bytes: Array("{nonsense".utf8)) == nil)
        #expect(value["list"]?.arrayValue?[2]["deep"]?.stringValue == "er")
        #expect(value["whole"]?.doubleValue == 3 && value["half"]?.integerValue == nil)
    }

    @Test func contextsCarryOnlyWhatTheyHold() throws {
        #expect(try EvaluationContext().subject(wantsMetadata: false).context == nil)
        let key = try EvaluationContext(targetingKey: "ann").subject(wantsMetadata: true)
        #expect(key.targetingKey == "ann" && key.context == nil && key.wantsMetadata)
        let full = try EvaluationContext(attributes: ["visits": 4]).subject(wantsMetadata: false)
        #expect(full.targetingKey == nil && full.context == Array(#"{"visits":4}"#.utf8))
        #expect(throws: LookupProblem.contextNotFinite) {
            try EvaluationContext(attributes: ["x": [1, .double(.infinity)]]).subject(wantsMetadata: false)
        }
    }
}
