import JSON
import Testing

@testable import pilotlight

@Suite struct FleetGoalTests {
    private static let epoch: JSONValue = ["counter": 1, "id": "00000000000000aa"]
    private static let other: JSONValue = ["counter": 1, "id": "00000000000000bb"]

    private func agent(
        _ name: String, _ state: String, number: Int64?, epoch: JSONValue = epoch, quarantined: JSONValue = [],
        conflict: JSONValue = .null, duplicate: Bool = false
    ) -> JSONValue {
        [
            "id": .string("id-" + name), "name": .string(name), "state": .string(state),
            "revision": number.map { ["epoch": epoch, "number": .integer($0)] } ?? .null,
            "lastSeenSeconds": .double(4.5), "quarantined": quarantined, "conflict": conflict,
            "duplicateId": .bool(duplicate),
        ]
    }

    private func fleet(_ agents: JSONValue...) -> JSONValue {
        ["revision": ["epoch": Self.epoch, "number": 7], "agents": .array(agents)]
    }

    private func missing(_ goal: FleetGoal, _ answer: JSONValue) -> [String]? {
        if case .waiting(let missing) = goal.verdict(on: answer) { missing } else { nil }
    }

    private func count(_ goal: FleetGoal, _ answer: JSONValue) -> Int? {
        if case .done(let count) = goal.verdict(on: answer) { count } else { nil }
    }

    @Test func everyoneAtOrAboveTheNumberIsDone() {
        #expect(count(FleetGoal(number: 5), fleet(agent("a", "live", number: 5), agent("b", "silent", number: 7))) == 2)
    }

    @Test func anAgentAboveTheControlNodesOwnNumberHoldsALostHistory() throws {
        let found = try #require(
            missing(FleetGoal(number: 7), fleet(agent("a", "live", number: 7), agent("b", "live", number: 9))))
        #expect(found.count == 1)
        #expect(found[0].contains("b (id-b)") && found[0].contains("holds 9") && found[0].contains("lost history"))
    }

    @Test func aSilentAgentIsWaitedForAndNamed() throws {
        let found = try #require(
            missing(FleetGoal(number: 7), fleet(agent("a", "live", number: 7), agent("b", "silent", number: 5))))
        #expect(found.count == 1)
        #expect(found[0].contains("b (id-b)") && found[0].contains("2 behind 7") && found[0].contains("silent"))
    }

    @Test func aGoneAgentIsNotWaitedFor() {
        #expect(count(FleetGoal(number: 7), fleet(agent("a", "live", number: 7), agent("b", "gone", number: 1))) == 1)
    }

    @Test func noAgentsIsNotDone() {
        guard case .noAgents = FleetGoal(number: 7).verdict(on: fleet(agent("b", "gone", number: 7))) else {
            Issue.record("nobody has it, and yet it isn't said")
            return
        }
    }

    @Test func fewerThanExpectedIsNotDone() {
        let one = fleet(agent("a", "live", number: 7))
        #expect(missing(FleetGoal(number: 7, expected: 2), one) == ["1 of 2 expected agents registered"])
        #expect(missing(FleetGoal(number: 7, expected: 2), fleet()) != nil)
        #expect(count(FleetGoal(number: 7, expected: 1), one) == 1)
    }

    @Test(
        arguments: [
            ["quarantined": ["flag:x"]], ["conflict": "lower epoch"], ["duplicateId": true], ["revision": .null],
            ["revision": ["epoch": other, "number": 9]], ["quarantinedCount": 3],
        ] as [JSONObject])
    func anAgentWithATroubleIsNotDone(_ trouble: JSONObject) throws {
        var broken = try #require(agent("a", "live", number: 7).objectValue)
        for member in trouble { broken[member.key] = member.value }
        #expect(missing(FleetGoal(number: 7), fleet(.object(broken)))?.count == 1)
    }
}
