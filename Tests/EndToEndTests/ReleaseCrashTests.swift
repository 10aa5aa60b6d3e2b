import Foundation
import Harness
import Testing

/// A control node that dies while it leads a release: at each write to its store, just before it, in it, just after it.
@Suite("A release's crashes", .gently)
struct ReleaseCrashTests {
    private static let transitions = [
        "nothing → draft", "draft → scheduled, by start", "scheduled → armed, by arm",
        "armed → running, stage 1, by open",
        "running → running, stage 2, by advance", "running → running, stage 3, by advance-by-itself",
        "running → held, stage 3, by turned-red", "held → running, stage 3, by resume", "running → launched, by launch",
        "launched → rolled-back, by rollback",
    ]
    private static let events = ["release.held", "release.launched", "release.rolled-back"]

    private static func size(_ variable: String, or short: Int) -> Int {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? short
    }

    /// All of them in the full run (scripts/release-crashes), some in CI.
    private static let deaths = size("PILOTLIGHT_RELEASE_DEATHS", or: 6)
    private static let atOnce = size("PILOTLIGHT_RELEASE_DEATHS_AT_ONCE", or: 3)

    private struct Death: Sendable, CustomStringConvertible {
        var write: Int64
        var place: ReleaseCrashOrder.Place

        var description: String { "\(place) write \(write)" }
    }

    @Test("kill -9 at every store write of a release's life: no stage is skipped or repeated, nor is what is announced")
    func killed() async throws {
        let whole = try await ReleaseCrashLife.lead(through: nil)
        Self.check(whole, against: whole, "nobody died")
        #expect(whole.deaths == 0)
        // Ten transitions at least, and what the receiver took.
        #expect(whole.writes >= 13, "\(whole.writes)")
        let chosen = Self.deaths(of: whole.writes)
        let died = try await Self.live(through: chosen, as: whole)
        print("a release's life: \(whole.writes) writes to the store; \(died) of \(chosen.count) lives with a death")
        // An agent's row may be written with something else, or not: in a full run the last writes need not come.
        #expect(died >= chosen.count - chosen.count / 8, "\(died) of \(chosen.count) died")
    }

    /// Every one, or fewer that are spread evenly over the life.
    private static func deaths(of writes: Int64) -> [Death] {
        let places = ReleaseCrashOrder.Place.allCases
        guard deaths < Int(writes) * places.count else {
            return (1...writes).flatMap { write in places.map { Death(write: write, place: $0) } }
        }
        return (0..<deaths).map { index in
            Death(
                write: 1 + Int64(2 * index + 1) * writes / Int64(2 * deaths),
                place: places[places.count - 1 - index % places.count])
        }
    }

    /// How many of them died.
    private static func live(through deaths: [Death], as whole: ReleaseCrashLife.Outcome) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            var rest = deaths[...]
            var died = 0
            func next() {
                guard let death = rest.popFirst() else { return }
                group.addTask {
                    do {
                        var (write, deaths) = (death.write, 0)
                        // Lives have more writes where the machine is slow, and fewer where it is quick.
                        for _ in 0..<4 where deaths == 0 {
                            let life = try await ReleaseCrashLife.lead(through: (write, death.place))
                            check(life, against: whole, "\(death)")
                            deaths = life.deaths
                            write = max(1, min(write - 1, life.writes * death.write / whole.writes))
                        }
                        return deaths
                    } catch {
                        Issue.record("\(death): \(error)")
                        return 0
                    }
                }
            }
            for _ in 0..<atOnce { next() }
            while let count = try await group.next() {
                died += min(count, 1)
                next()
            }
            return died
        }
    }

    private static func check(
        _ life: ReleaseCrashLife.Outcome, against whole: ReleaseCrashLife.Outcome, _ death: String
    ) {
        #expect(life.transitions == transitions, "\(death)")
        #expect(life.events == events, "\(death)")
        #expect(life.faults.isEmpty, "\(death): \(life.faults)")
        #expect(life.revision == whole.revision, "\(death)")
        #expect(life.deaths <= 1, "\(death)")
        let counts = life.users.map { $0.map(\.count) }
        guard life.users.count == 6 else {
            Issue.record("\(death): \(counts)")
            return
        }
        // Before, with the staff, half, held, launched, taken back.
        #expect(life.users == whole.users, "\(death): \(counts)")
        let staff: Set = ["user-1", "user-2", "user-3"]
        #expect(counts[0][1] == 0 && life.users[1] == [life.users[0][0].union(staff), staff], "\(death): \(counts)")
        // Whom the release reaches, it reaches with all of it; the flag has its own rollout besides.
        #expect(life.users[2][0] == life.users[2][1].union(life.users[0][0]), "\(death): \(counts)")
        #expect((70...130).contains(counts[2][1]) && life.users[3] == life.users[2], "\(death): \(counts)")
        #expect(counts[4] == [200, 200] && life.users[5] == life.users[0], "\(death): \(counts)")
    }
}
