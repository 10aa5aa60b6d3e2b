import Flags
import Harness
import JSON
import Replication
import Testing

@testable import Control

/// Who gets what, and what a change would change for whom.
@Suite struct AudienceTests {
    private func fixture() throws -> (TemporaryDirectory, ControlFixture) {
        let directory = try TemporaryDirectory()
        return (directory, try ControlFixture(directory.path))
    }

    private func users(_ keys: [String]) throws -> UserList {
        try #require(try UserList(.array(keys.map { .string($0) })))
    }

    private static let thousand = (0..<1_000).map { "user-\($0)" }

    private static func rollout(_ percentage: String, _ more: String = "") -> String {
        #""a": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "#
            + #""rollout": {"variant": "on", "percentage": \#(percentage)\#(more)}}"#
    }

    private func radius(_ fixture: ControlFixture, _ kind: ChangeRequest.Kind, _ keys: [String]) throws -> BlastRadius {
        let state = try fixture.production
        return try BlastRadius(of: try ChangePlan.make(kind, on: state), on: state, for: try users(keys), at: 1)
    }

    private func apply(_ text: String) -> ChangeRequest.Kind {
        let source = SourceDocument(name: "new.json", bytes: Array(text.utf8))
        return .apply(ApplyRequest(ReadDocuments([source], lenient: false) { _ in true }))
    }

    @Test func aListCountsEachUserOnce() throws {
        let list = try users(["ann", "bob", "ann", "Ann"])
        #expect(list.keys == ["ann", "bob", "Ann"])
        #expect(list.repeated == 1)
        let empty = #expect(throws: Refusal.self) { try UserList(["ann", ""]) }
        #expect(empty?.detail == #""keys" has an empty one at index 1"#)
        #expect(throws: Refusal.self) { try UserList(["ann", 1]) }
        #expect(throws: Refusal.self) { try UserList("ann") }
        let long = JSONValue.array(Array(repeating: "ann", count: UserList.most + 1))
        let tooLong = #expect(throws: Refusal.self) { try UserList(long) }
        #expect(tooLong?.kind == .tooLarge)
    }

    @Test func theAudienceIsWhatEachUserIsAnswered() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(
            Sample.document(Self.rollout("25", #", "pilots": ["vip"]"#), pilots: #""vip": {"members": ["user-1"]}"#))
        var quarantine = Quarantine()
        let set = FlagSet.compiled(["a"], from: try fixture.production.committed, quarantine: &quarantine)
        let audience = Audience(of: "a", in: set, users: try users(Self.thousand), context: [:], unixSeconds: 1)
        func share(_ users: Int) throws -> JSONValue { try #require(Percentage(hundredths: users * 10)).json }
        let on = Self.thousand.count {
            set.evaluate("a", context: EvaluationContext(targetingKey: $0), unixSeconds: 1).variant == "on"
        }
        #expect((200...300).contains(on))
        #expect(
            audience.json == [
                [
                    "variant": "off", "reason": "DEFAULT", "count": .integer(Int64(1_000 - on)),
                    "share": try share(1_000 - on),
                ],
                [
                    "variant": "on", "reason": "TARGETING_MATCH", "count": .integer(Int64(on)),
                    "share": try share(on),
                ],
            ])
        #expect(Audience(of: "a", in: set, users: try users([]), context: [:], unixSeconds: 1).json == [])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    /// A ramp from 5 to 10 moves exactly those between, whom an evaluation before and after tells.
    @Test func aRadiusIsExact() async throws {
        let (directory, fixture) = try fixture()
        try await fixture.apply(Sample.document(Self.rollout("5"), Sample.flag("other")))
        func on() throws -> Set<String> {
            var quarantine = Quarantine()
            let set = FlagSet.compiled(from: try fixture.production.committed, quarantine: &quarantine)
            return Set(
                Self.thousand.filter {
                    set.evaluate("a", context: EvaluationContext(targetingKey: $0), unixSeconds: 1).variant == "on"
                })
        }
        let before = try on()
        let kind = apply(Sample.document(Self.rollout("10"), Sample.flag("other"), Sample.flag("new")))
        let radius = try radius(fixture, kind, Self.thousand)
        try await fixture.submit(kind)
        let moved = try on().subtracting(before)
        #expect(moved.count > 20)
        // A flag that is new changes everybody's answer: before there was none.
        #expect(radius.flags.map(\.key) == ["new", "a"])
        #expect(radius.flags.map(\.changed) == [1_000, moved.count])
        let move = try #require(radius.flags.last?.moves[BlastRadius.Move(from: "off", to: "on")])
        #expect(move.count == moved.count)
        #expect(move.sample == Array(Self.thousand.filter { moved.contains($0) }.prefix(5)))
        #expect(radius.touched == 1_000)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func itReachesThroughGroupsPrerequisitesKillsAndDeletions() async throws {
        let (directory, fixture) = try fixture()
        let needs = #""prerequisites": [{"flag": "a", "variant": "on"}]"#
        let rule = #""targeting": {"if": [true, "on"]}"#
        let flag = #"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off""#
        try await fixture.apply(
            Sample.document(
                Self.rollout("0", #", "pilots": ["vip"]"#), #""b": \#(flag), \#(needs), \#(rule)}"#,
                #""c": \#(flag), \#(rule)}"#, pilots: #""vip": {"members": ["ann"]}"#), set: "mine")
        let keys = ["ann", "bob", "eve"]
        let joined = try radius(fixture, .addMembers(pilot: "vip", ["bob"]), keys)
        #expect(joined.flags.map(\.key) == ["a", "b"])
        #expect(joined.flags.allSatisfy { $0.moves[BlastRadius.Move(from: "off", to: "on")]?.sample == ["bob"] })
        #expect(joined.touched == 1)
        let ruled = try radius(fixture, .editPilot("vip", terms: ["percentage": 100, "exclude": ["eve"]]), keys)
        #expect(ruled.flags.map(\.changed) == [1, 1])
        let killed = try radius(fixture, .kill(flag: "a", variant: "on"), keys)
        #expect(killed.flags.map { "\($0.key) \($0.changed)" } == ["a 2", "b 2"])
        let gone = try radius(fixture, .deleteFlag("c"), keys)
        #expect(gone.flags.first?.moves == [BlastRadius.Move(from: "on", to: nil): .init(count: 3, sample: keys)])

        // A value that changes under its name changes the answer; what changes nothing isn't shown.
        let louder = #"{"state": "ENABLED", "variants": {"on": false, "off": false}, "defaultVariant": "off""#
        let valued = try radius(fixture, apply(Sample.document(#""c": \#(louder), \#(rule)}"#)), keys)
        #expect(valued.flags.first?.moves.keys.first == BlastRadius.Move(from: "on", to: "on"))
        let described = try radius(
            fixture, apply(Sample.document(#""c": \#(flag), \#(rule), "description": "new words"}"#)), keys)
        #expect(described.flags.isEmpty && described.touched == 0)

        // A requirement that is new is evaluated, though nothing of it changes.
        let bound = try radius(
            fixture, apply(Sample.document(#""c": \#(flag), \#(needs), \#(rule)}"#)), keys)
        #expect(bound.flags.map { "\($0.key) \($0.changed)" } == ["c 2"])
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }

    @Test func whatWouldTakeMinutesIsRefused() async throws {
        let (directory, fixture) = try fixture()
        let flags = (0..<600).map { Sample.flag("flag-\($0)") }.joined(separator: ", ")
        let keys = (0..<50_000).map { "user-\($0)" }
        let refused = await refusal { try radius(fixture, apply("{\"flags\": {\(flags)}}"), keys) }
        #expect(refused?.title == "Too much to evaluate")
        #expect(refused?.detail.contains("60000000 evaluations") == true)
        await fixture.stop()
        withExtendedLifetime(directory) {}
    }
}
