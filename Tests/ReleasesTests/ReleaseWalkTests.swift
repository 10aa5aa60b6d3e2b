import Flags
import Harness
import JSON
import Releases
import Testing

/// Random events on random facts: whatever comes, a release moves along its table only.
@Suite struct ReleaseWalkTests {
    /// What a host would hold: told agents, definitions, announcements.
    private struct World {
        var told: StagedRelease?
        var definitions = RandomRelease.definitions
        var floors: [String: ReleaseFloor] = [:]
        var announced: [String] = []
        var wall = Plans.noon * 1_000
        var steady = Plans.noon * 1_000

        mutating func pass(_ random: inout SeededRandom) {
            let step = [0, 1, 30, 60, 600, 3_600, 86_400][random.below(7)]
            let passed = Int64(step) * 1_000 + Int64(random.below(1_000))
            wall += passed
            steady += passed
            if random.below(20) == 0 { wall += (random.below(2) == 0 ? 3_600 : -3_600) * 1_000 }
        }

        func facts(_ release: Release, _ random: inout SeededRandom) -> ReleaseFacts {
            var facts = ReleaseFacts(gate: RandomRelease.gate(&random), definitions: definitions, floors: floors)
            let subject = release.plan.subjects[0]
            if random.below(10) == 0 { facts.killed = [subject] }
            if random.below(12) == 0 { facts.owners = [subject: "winter"] }
            if random.below(12) == 0 { facts.skewed = ["agent \"a\" is 1.4 s ahead"] }
            if random.below(20) == 0 { facts.unknownPilots = ["group-0"] }
            if random.below(20) == 0 { facts.faults = ["its targeting never gives null"] }
            if random.below(20) == 0 { facts.definitions[subject] = nil }
            if random.below(8) == 0, let now = ReleaseTimes.window(around: wall / 1_000) {
                facts.calendar = FreezeCalendar([now])
            }
            return facts
        }

        mutating func perform(_ actions: [ReleaseAction], _ release: Release) {
            for action in actions {
                switch action {
                case .show(let staged): told = staged
                case .conceal: told = nil
                case .define(let flag, let definition): definitions[flag] = definition
                case .floor(let flag, let floor): floors[flag] = floor
                // There is no other here.
                case .leave, .cover: break
                case .announce: announced.append(release.eventID)
                }
            }
        }
    }

    @Test func neverLeavesTheTable() throws {
        var random = SeededRandom(seed: 20_261_121)
        var taken: Set<TransitionTable.Row> = []
        var states: Set<ReleaseState> = []
        for _ in 0..<800 {
            var isWhole = true
            var world = World()
            var release = Release(
                RandomRelease.plan(&random), id: "id", at: ReleaseTime(wall: world.wall, steady: world.steady),
                by: "ann", why: "")
            for _ in 0..<40 {
                world.pass(&random)
                let facts = world.facts(release, &random)
                let at = ReleaseTime(wall: world.wall, steady: world.steady)
                let due = release.due(facts, at: at)
                let event: ReleaseEvent
                if let due, random.below(2) == 0 { event = due } else { event = RandomRelease.event(release, &random) }
                let before = release
                let actions: [ReleaseAction]
                do throws(ReleaseRefusal) {
                    actions = try release.receive(event, facts, at: at, by: "ann", why: "")
                } catch {
                    #expect(release == before)
                    #expect(event != due, "what is due is never refused: \(error)")
                    #expect(!error.detail.isEmpty)
                    continue
                }
                world.perform(actions, release)
                if event == .rollBack(skipConflicts: true) { isWhole = false }
                taken.insert(try check(release, before, event, actions, facts, at))
                #expect(world.told == release.staged)
                #expect(Set(world.announced).count == world.announced.count, "nothing is announced twice")
                if random.below(5) == 0 {
                    #expect(Release(stored: JSONReader.read(release.json.canonicalBytes()).value ?? .null) == release)
                }
                states.insert(release.state)
            }
            if isWhole, release.state == .rolledBack || release.state.isActive {
                let isBack = release.plan.subjects.allSatisfy { world.definitions[$0] == RandomRelease.definitions[$0] }
                #expect(isBack, "definitions are as before the release")
                #expect(world.floors.isEmpty)
            }
        }
        #expect(states == Set(ReleaseState.allCases).subtracting([.draft]))
        let missed = TransitionTable.rows.filter { !taken.contains($0) }
        #expect(missed.isEmpty, "rows that were never taken")
    }

    /// Gives the row that it went by.
    private func check(
        _ release: Release, _ before: Release, _ event: ReleaseEvent, _ actions: [ReleaseAction],
        _ facts: ReleaseFacts, _ at: ReleaseTime
    ) throws -> TransitionTable.Row {
        let record = try #require(release.history.last)
        #expect(record.from == before.state && record.to == release.state && record.trigger == event.trigger)
        #expect(record.at == at.wall)
        #expect(release.history.map(\.number) == Array(1...release.history.count))
        let row = TransitionTable.rows.first {
            $0.from == record.from && $0.trigger == record.trigger && $0.to == record.to
        }
        // No stage is skipped, and none repeated.
        let stages = release.state == .running && before.state == .running ? before.stage + 1 : before.stage
        if release.currentStage != nil { #expect(release.stage == (before.currentStage == nil ? 0 : stages)) }
        // Forward only where that is safe, told apart from the table.
        let isForward: Bool
        switch event.trigger {
        case .start: isForward = release.state == .running
        case .arm, .advance, .advanceByItself, .resume, .launch: isForward = true
        default: isForward = false
        }
        if isForward { #expect(facts.gate.verdict == .green && facts.killed.isEmpty) }
        let announced = actions.count { if case .announce = $0 { true } else { false } }
        #expect(announced == ([.held, .launched, .rolledBack].contains(release.state) ? 1 : 0))
        let defined = actions.contains { if case .define = $0 { true } else { false } }
        #expect(!defined || release.state == .launched || before.state == .launched)
        return try #require(row)
    }
}
