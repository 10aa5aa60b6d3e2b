import Flags
import HashTreeCollections
import JSON
import Testing

@Suite struct FlagSetTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private let on = #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"on"}"#

    @Test func putsAndRemoves() throws {
        var set = FlagSet()
        #expect(set.flagCount == 0 && set.flagKeys == [])
        for key in ["b", "a", "é", "e\u{301}", "Z"] { try set.put(flag: key, storedBytes: bytes(on)) }
        #expect(set.flagKeys.map { Array($0.utf8) } == ["Z", "a", "b", "e\u{301}", "é"].map { Array($0.utf8) })
        set.remove(flag: "é")
        set.remove(flag: "missing")
        #expect(set.flagCount == 4)
        #expect(set.definition(of: "é") == nil)
        #expect(set.definition(of: "e\u{301}")?.defaultVariant == "on")
    }

    @Test func copiesAreIndependent() throws {
        var set = FlagSet()
        try set.put(flag: "f", storedBytes: bytes(on))
        let before = set
        set.remove(flag: "f")
        set.set(members: MemberSet(["ann"]), ofPilot: "staff")
        #expect(before.flagCount == 1 && set.flagCount == 0)
        #expect(before.pilotNames == [] && set.pilotNames == ["staff"])
    }

    @Test(arguments: [
        "{", "[]", #"{"state":"ENABLED","variants":{}}"#,
        #"{"state":"ENABLED","variants":{"on":true},"defaultVariant":"x"}"#,
        #"{"state":"ENABLED","state":"ENABLED","variants":{"on":true}}"#,
        #"{"state":"ENABLED","variants":{"on":true},"targeting":{"and":1}}"#,
        #"{"state":"ENABLED","variants":{"on":true},"future":1}"#,
    ])
    func theLastGoodFormStays(bad: String) throws {
        var set = FlagSet()
        let good = #"{"state":"ENABLED","variants":{"on":true},"targeting":{"if":[{"in_pilot":"staff"},"on"]}}"#
        try set.put(flag: "f", storedBytes: bytes(good))
        let fault = #expect(throws: NotCompilable.self) { try set.put(flag: "f", storedBytes: bytes(bad)) }
        #expect(fault?.title == "flag \"f\"")
        #expect(fault?.reason.isEmpty == false)
        #expect(set.definition(of: "f")?.storedBytes == (JSONReader.read(good).value?.canonicalBytes()))
        #expect(set.flags(using: "staff") == ["f"])
    }

    @Test func unknownThingsCompileAndFailWhenReached() throws {
        var set = FlagSet()
        try set.put(
            flag: "f",
            storedBytes: bytes(
                #"{"state":"ENABLED","variants":{"on":true},"targeting":{"if":[{"var":"a"},"on",{"var":"b"},{"future":1},"gone"]}}"#
            ))
        #expect(set.evaluate("f", context: EvaluationContext(attributes: ["a": 1]), unixSeconds: 0).variant == "on")
        #expect(
            set.evaluate("f", context: EvaluationContext(attributes: ["b": 1]), unixSeconds: 0).errorCode == .parseError
        )
        #expect(set.evaluate("f", context: EvaluationContext(), unixSeconds: 0).errorCode == .general)
    }

    @Test func pilotsAreIndexedByTheFlagsThatUseThem() throws {
        var set = FlagSet()
        func put(_ key: String, _ pilots: String...) throws {
            let uses = pilots.map { #"{"in_pilot":["\#($0)",{"var":"k"}]}"# }.joined(separator: ",")
            try set.put(
                flag: key,
                storedBytes: bytes(
                    #"{"state":"ENABLED","variants":{"on":true},"targeting":{"if":[{"or":[\#(uses)]},"on"]}}"#))
        }
        try put("b", "staff", "beta")
        try put("a", "staff")
        #expect(set.flags(using: "staff") == ["a", "b"])
        #expect(set.flags(using: "beta") == ["b"])
        try put("b", "beta", "other")
        #expect(set.flags(using: "staff") == ["a"])
        #expect(set.flags(using: "other") == ["b"])
        set.remove(flag: "b")
        #expect(set.flags(using: "beta") == [] && set.flags(using: "other") == [])
    }

    @Test func groupsComeAndGo() throws {
        var set = FlagSet()
        try set.put(
            flag: "f",
            storedBytes: bytes(
                #"{"state":"ENABLED","variants":{"on":true},"targeting":{"if":[{"in_pilot":"g"},"on"]}}"#))
        let ann = EvaluationContext(targetingKey: "ann")
        #expect(set.evaluate("f", context: ann, unixSeconds: 0).errorCode == .parseError)
        set.set(members: MemberSet(), ofPilot: "g")
        #expect(set.evaluate("f", context: ann, unixSeconds: 0).reason == .default)
        set.set(members: MemberSet(["ann"]), ofPilot: "g")
        #expect(set.evaluate("f", context: ann, unixSeconds: 0).variant == "on")
        #expect(set.members(ofPilot: "g")?.count == 1 && set.members(ofPilot: "h") == nil)
        set.remove(pilot: "g")
        #expect(set.evaluate("f", context: ann, unixSeconds: 0).errorCode == .parseError)
    }
}
