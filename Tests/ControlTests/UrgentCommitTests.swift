import Flags
import Harness
import JSON
import Logging
import Replication
import Synchronization
import Testing

@testable import Control

/// Kills overtake what waits for the committer.
@Suite struct UrgentCommitTests {
    /// What became of jobs, in order: numbers that were published, and requests that were answered.
    private final class Course: Sendable {
        enum Step: Hashable {
            case published([UInt64], kills: [String])
            case answered(String, UInt64?)
        }

        private let steps = Mutex<[Step]>([])

        func note(_ step: Step) { steps.withLock { $0.append(step) } }
        var all: [Step] { steps.withLock { $0 } }

        func job(_ name: String, _ kind: ChangeRequest.Kind) -> CommitterJob {
            .change(ChangeRequest(environment: "production", actor: "test", kind)) { [self] result in
                note(.answered(name, (try? result.get())?.revision.number))
            }
        }
    }

    private static func change(_ flag: String, _ variant: String = "on") -> ChangeRequest.Kind {
        .setDefault(flag: flag, variant: variant)
    }

    /// A store with flags `f0`…`f9`, all off, at revision 1; its committer has ended.
    private func prepared(_ directory: String) async throws -> (ControlStore, [EnvironmentState]) {
        let fixture = try ControlFixture(directory)
        let flags = (0..<10).map { Sample.flag("f\($0)") }.joined(separator: ", ")
        try await fixture.apply("{\"flags\": {\(flags)}}")
        await fixture.stop()
        let store = try ControlStore(directory: directory, clock: 1)
        return (store, try store.load().environments.map(\.state))
    }

    private func loop(_ store: ControlStore, _ states: [EnvironmentState], _ course: Course) -> CommitterLoop {
        CommitterLoop(
            store: store, states: states, published: PublishedEnvironments(states), historyKeep: .everything,
            logger: .silent, clock: { 1 },
            publish: { course.note(.published($0.deltas.map(\.number), kills: $0.kills.map(\.flag))) })
    }

    @Test func killsComeFirstOutOfTheQueueInOrder() {
        let queue = CommitterQueue(limit: 3)
        let course = Course()
        let kinds: [(String, ChangeRequest.Kind)] = [
            ("a", Self.change("f0")), ("kill b", .kill(flag: "b", variant: nil)), ("c", Self.change("f1")),
            ("unkill b", .unkill(flag: "b")), ("d", Self.change("f2")), ("kill e", .kill(flag: "e", variant: nil)),
        ]
        // Room for three that wait, and for three kills as well.
        for (name, kind) in kinds { #expect(queue.append(course.job(name, kind))) }
        #expect(!queue.append(course.job("f", Self.change("f3"))))
        #expect(!queue.append(course.job("kill f", .kill(flag: "f", variant: nil))))
        #expect(!queue.isEmpty)
        let refusal = Refusal(.busy, "", detail: "", hint: "")
        for job in queue.takeAll() ?? [] { job.refuse(refusal) }
        let order = ["kill b", "unkill b", "kill e", "a", "c", "d"]
        #expect(course.all == order.map { .answered($0, nil) })
        #expect(queue.isEmpty && queue.takeUrgent().isEmpty)
        for (name, kind) in kinds { _ = queue.append(course.job(name, kind)) }
        #expect(queue.takeUrgent().count == 3)
        #expect(queue.takeAll()?.count == 3)
    }

    @Test func aKillIsStoredAndAnsweredBeforeWhatWaitedWithIt() async throws {
        let directory = try TemporaryDirectory()
        let (store, states) = try await prepared(directory.path)
        let course = Course()
        var loop = loop(store, states, course)
        loop.run([
            course.job("kill", .kill(flag: "f0", variant: "on")), course.job("unkill", .unkill(flag: "f1")),
            course.job("a", Self.change("f2")), course.job("b", Self.change("f3")),
        ])
        loop.answerAll()
        #expect(
            course.all == [
                .published([2], kills: ["f0"]), .answered("kill", 2), .answered("unkill", 2),
                .published([3, 4], kills: []), .answered("a", 3), .answered("b", 4),
            ])
        store.close()
    }

    @Test func aKillThatComesMeanwhileOvertakesHundreds() async throws {
        let directory = try TemporaryDirectory()
        let (store, states) = try await prepared(directory.path)
        let course = Course()
        var loop = loop(store, states, course)
        let waiting = (0..<300).map { course.job("\($0)", Self.change("f\($0 % 10)", $0 / 10 % 2 == 0 ? "on" : "off")) }
        var looks = 0
        loop.run(waiting) {
            looks += 1
            // Once before the first of them, then after each: ten are planned when it comes.
            return looks == 11 ? [course.job("kill", .kill(flag: "f0", variant: "off"))] : []
        }
        let early = course.all
        #expect(early.first == .published((2...12).map { $0 }, kills: ["f0"]))
        #expect(early.dropFirst().prefix(11).last == .answered("kill", 12))
        #expect(early.count == 13)
        #expect(early.last == .published((13...302).map { $0 }, kills: []))
        loop.answerAll()
        #expect(course.all.count == 13 + 290)
        // Numbers are dense, and the store agrees.
        store.close()
        let again = try ControlStore(directory: directory.path, clock: 1).load().environments[0].state.committed
        #expect(again.revision.number == 302)
        #expect(again.bytes(of: EntryKey(.kill, "f0")) != nil)
    }
}
