import JSON
import Testing

@testable import pilotlight

/// What `release start --wait` says, and when it ends.
@Suite struct ReleaseProgressTests {
    private func lines(
        _ progress: inout ReleaseProgress, _ state: String, stage: Int64? = nil, _ history: [JSONValue] = [],
        waitingFor: [String] = []
    ) -> [String] {
        let release = ReleaseRenderingTests.release(
            state, stage: stage,
            with: ["history": .array(history), "waitingFor": .array(waitingFor.map { .string($0) })])
        return progress.lines(ShownRelease(release), environment: "staging", .plain)
    }

    @Test func eachTransitionOnce() {
        let started = ReleaseRenderingTests.transition(1, from: "draft", to: "running", stage: 1)
        let advanced = ReleaseRenderingTests.transition(2, from: "running", to: "running", stage: 2)
        let held = ReleaseRenderingTests.transition(3, from: "running", to: "held", stage: 2, why: "odd")
        var progress = ReleaseProgress()
        #expect(
            lines(&progress, "running", stage: 1, [started]) == [
                "autumn: running, stage 1 of 3 (staff)",
                "  the next step is by hand: pilotlight release advance autumn --environment staging",
            ])
        #expect(lines(&progress, "running", stage: 1, [started]).isEmpty)
        #expect(
            lines(&progress, "held", stage: 2, [started, advanced, held]) == [
                "2026-01-31 10:20:30 UTC  running, stage 2 of 3 (10 %)  ann",
                "2026-01-31 10:20:30 UTC  running → held, stage 2 of 3 (10 %)  ann: odd",
            ])
        #expect(lines(&progress, "held", stage: 2, [started, advanced, held]).isEmpty)
    }

    @Test func whatWasStartedCanBeTakenUp() {
        func wasStarted(_ state: String, _ history: JSONValue...) -> Bool {
            ShownRelease(ReleaseRenderingTests.release(state, with: ["history": .array(history)])).wasStarted
        }
        for state in ["scheduled", "armed", "running", "held", "launched", "rolled-back"] {
            #expect(wasStarted(state), "\(state)")
        }
        let created = ReleaseRenderingTests.transition(1, from: .null, to: "draft")
        let cancelled = ReleaseRenderingTests.transition(3, from: "draft", to: "cancelled")
        #expect(!wasStarted("draft", created))
        #expect(!wasStarted("cancelled", created, cancelled), "it was a draft all the time")
        let scheduled = ReleaseRenderingTests.transition(2, from: "draft", to: "scheduled")
        #expect(wasStarted("cancelled", created, scheduled, cancelled))
    }

    @Test func whatIsSaidOfOneThatIsTakenUp() {
        func takenUp(_ state: String, missed: Bool = false) -> String {
            ReleaseProgress.takenUp(
                ShownRelease(ReleaseRenderingTests.release(state, with: ["missed": .bool(missed)])))
        }
        #expect(takenUp("armed") == "autumn is armed already: following it")
        #expect(takenUp("scheduled") == "autumn is scheduled already: following it")
        #expect(takenUp("scheduled", missed: true) == "autumn was started before, and has missed its opening time")
        #expect(takenUp("rolled-back") == "autumn was started before, and is rolled back")
    }

    @Test func aCountdownIsNoNews() {
        var progress = ReleaseProgress()
        #expect(
            lines(&progress, "scheduled", waitingFor: ["the gate"]) == ["autumn: scheduled", "  waits for: the gate"])
        #expect(lines(&progress, "scheduled", waitingFor: ["10 s"]) == ["  waits for: 10 s"])
        #expect(lines(&progress, "scheduled", waitingFor: ["9 s"]).isEmpty)
        #expect(lines(&progress, "scheduled").isEmpty)
        #expect(lines(&progress, "scheduled", waitingFor: ["8 s", "the gate"]).isEmpty)
        let armed = ReleaseRenderingTests.transition(1, from: "scheduled", to: "armed")
        #expect(lines(&progress, "armed", [armed], waitingFor: ["9 s"]).last == "  waits for: 9 s")
    }

    @Test func whatAnotherLineTellsIsToldOnce() {
        var progress = ReleaseProgress()
        let reasons = ["it is about to advance", "`pilotlight release advance autumn`"]
        #expect(
            lines(&progress, "running", stage: 2, waitingFor: reasons) == ["autumn: running, stage 2 of 3 (10 %)"])
    }

    @Test func theLastStageEndsInALaunch() {
        var progress = ReleaseProgress()
        #expect(
            lines(&progress, "running", stage: 3).last
                == "  the next step is by hand: pilotlight release launch autumn --environment staging")
    }

    @Test(
        arguments: [
            ("draft", nil), ("scheduled", nil), ("armed", nil), ("running", nil), ("launched", 0), ("held", 2),
            ("rolled-back", 3), ("cancelled", 4),
        ] as [(String, Int32?)])
    func itsEndIsAnExitCode(_ state: String, _ code: Int32?) {
        #expect(ReleaseProgress.end(ShownRelease(ReleaseRenderingTests.release(state)))?.rawValue == code)
    }

    @Test func aMissedOpeningIsAnEnd() {
        let missed = ReleaseRenderingTests.release("scheduled", with: ["missed": true])
        #expect(ReleaseProgress.end(ShownRelease(missed))?.rawValue == 5)
        let ahead = ReleaseRenderingTests.release("scheduled", with: ["missed": false])
        #expect(ReleaseProgress.end(ShownRelease(ahead)) == nil)
    }

    @Test func oneLineOfWhatItIsAboutNow() {
        let release = ShownRelease(ReleaseRenderingTests.release("running", stage: 2))
        #expect(ReleaseProgress.line(release, at: 1_769_855_425) == "autumn: running, stage 2 of 3 (10 %), 5 s left")
        #expect(ReleaseProgress.line(release, at: 1_769_855_430) == "autumn: running, stage 2 of 3 (10 %)")
        let armed = ShownRelease(ReleaseRenderingTests.release("armed", with: ["opens": "2026-12-01T09:00:00Z"]))
        let line = "autumn: armed, opens 2026-12-01 09:00:00 UTC"
        #expect(ReleaseProgress.line(armed, at: 1_796_115_600 - 3_725) == line + ", in 1 h 2 min")
        #expect(ReleaseProgress.line(armed, at: 1_796_115_600) == line)
    }

    @Test func whatPassesAndWhatDoesNot() throws {
        #expect(try ReleaseFollowing.passing(CommandRefusal("no control node answers")) == "no control node answers")
        #expect(try ReleaseFollowing.passing(ProblemDetails(["title": "busy"], status: 503)) == "busy")
        #expect(throws: ProblemDetails.self) {
            try ReleaseFollowing.passing(ProblemDetails(["title": "not allowed"], status: 403))
        }
        #expect(throws: ReleaseFollowing.Deleted.self) {
            try ReleaseFollowing.passing(ProblemDetails(["title": "no such release"], status: 404))
        }
    }
}
