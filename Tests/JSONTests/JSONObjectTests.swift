import JSON
import Testing

@Suite struct JSONObjectTests {
    @Test func equalityIgnoresOrder() {
        let a: JSONObject = ["x": 1, "y": 2]
        let b: JSONObject = ["y": 2, "x": 1]
        #expect(a == b)
        #expect(a.hashValue == b.hashValue)
        #expect(a != ["x": 1])
        #expect(a != ["x": 1, "y": 3])
        let many = JSONObject(members: (0..<40).map { .init(key: "k\($0)", value: .integer(Int64($0))) })
        #expect(many == JSONObject(members: many.members.reversed()))
        #expect(many != JSONObject(members: many.members.dropLast() + [.init(key: "k39", value: 0)]))
    }

    @Test func subscriptSetsReplacesAndRemoves() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        object["missing"] = nil
        #expect(object.keys == ["a", "c"])
        #expect(object["a"] == 3)
        #expect(object["b"] == nil)
    }

    @Test func keysAreComparedByBytes() {
        var object: JSONObject = ["é": 1]
        #expect(object["e\u{301}"] == nil)
        object["e\u{301}"] = 2
        #expect(object.count == 2)
        #expect(JSONValue.string("é") != .string("e\u{301}"))
        #expect(Set([ExactString("é"), ExactString("e\u{301}"), ExactString("é")]).count == 2)
        #expect(ExactString("\u{E000}") < ExactString("\u{10000}"))
        #expect(ExactString("a") < ExactString("ab"))
    }
}
