import Flags
import JSON
import Releases
import Testing

/// When a release opens, and what keeps it from that.
@Suite struct ReleaseOpeningTests {
    @Test func isArmedAndOpensAtItsTime() throws {
        let opens = Plans.noon + 3_600
        var release = Plans.draft(Plans.checkout(opens: opens))
        #expect(try release.tell(.start()).isEmpty)
        #expect(release.state == .scheduled)
        #expect(release.due(Plans.facts(Plans.red), at: Plans.time(1)) == nil)
        #expect(
            release.waitingFor(Plans.facts(Plans.red), at: Plans.time(1)) == ["its gate is red: a (1.4.1) runs another"]
        )
        #expect(release.due(Plans.facts(), at: Plans.time(1)) == .arm)
        let armed = try release.tell(.arm, at: 1)
        #expect(armed == [.show(try #require(release.staged))])
        #expect(release.staged?.opens == opens)
        #expect(release.due(Plans.facts(), at: Plans.time(3_599)) == nil)
        #expect(release.due(Plans.facts(Plans.red), at: Plans.time(3_600)) == .open, "agents have opened it")
        #expect(try release.tell(.open, at: 3_600).isEmpty, "agents have been told already")
        #expect(release.state == .running && release.staged?.opens == opens)
        try release.tell(.advance(), at: 3_660)
        #expect(release.staged?.opens == nil)
    }

    @Test func isWithdrawnUntilItOpens() throws {
        var armed = Plans.draft(Plans.checkout(opens: Plans.noon + 3_600))
        try armed.tell(.start())
        try armed.tell(.arm)
        var skewed = Plans.facts()
        skewed.skewed = ["agent \"a\" is 1.4 s ahead"]
        var frozen = Plans.facts()
        frozen.calendar = FreezeCalendar([try #require(ReleaseTimes.window(around: Plans.noon + 3_600))])
        var gone = Plans.facts()
        gone.definitions["cart"] = nil
        var killed = Plans.facts()
        killed.killed = ["cart"]
        let cases: [(ReleaseFacts, ReleaseEvent, String)] = [
            (Plans.facts(Plans.red), .turnedRed, "its gate is red"), (skewed, .withdraw, "1.4 s ahead"),
            (frozen, .withdraw, "freeze \"now\" (audit)"), (gone, .withdraw, "there is no flag \"cart\""),
            (killed, .killed("cart"), "flag \"cart\" is killed"),
        ]
        for (facts, event, reason) in cases {
            var release = armed
            #expect(release.due(facts, at: Plans.time(10)) == event)
            #expect(try release.tell(event, facts, at: 10) == [.conceal])
            #expect(release.state == .scheduled)
            #expect(release.due(facts, at: Plans.time(11)) == nil)
            #expect(release.waitingFor(facts, at: Plans.time(11)).contains { $0.contains(reason) }, "\(reason)")
            #expect(release.due(Plans.facts(), at: Plans.time(12)) == .arm)
        }
    }

    @Test func whatMissesItsTimeOpensNowhere() throws {
        var release = Plans.draft(Plans.checkout(opens: Plans.noon + 3_600))
        try release.tell(.start())
        #expect(release.due(Plans.facts(), at: Plans.time(3_600)) == nil)
        let waiting = release.waitingFor(Plans.facts(), at: Plans.time(3_600))
        #expect(waiting.first?.contains("wasn't armed by its opening time, 2026-11-21T13:00:00Z") == true)
        #expect(
            waiting.first?.hasSuffix(
                ": `pilotlight release start summer --opens TIME`, or `pilotlight release start summer --now`") == true)
        for start in [ReleaseEvent.start(), .start(opens: Plans.noon)] {
            let refused = try #require(refusal(release, start, at: 3_600))
            #expect(refused.detail.contains("is over"))
            #expect(refused.hint == "give --opens with a time to come, or --now")
        }
        try release.tell(.start(opens: Plans.noon + 7_200), at: 3_600)
        #expect(release.due(Plans.facts(), at: Plans.time(3_600)) == .arm)
        try release.tell(.start(now: true), at: 3_601)
        #expect(release.state == .running && release.staged?.opens == nil)
    }

    /// As with a year that was mistyped, or a pipeline that came too late.
    @Test func aPlanWhoseTimeIsOverStartsOnlyWhenItIsTold() throws {
        var release = Plans.draft(Plans.checkout(opens: Plans.noon))
        #expect(
            refusal(release, .start())?.detail == "release \"summer\": the opening time 2026-11-21T12:00:00Z is over")
        #expect(
            release.waitingFor(Plans.facts(), at: Plans.time(0)) == [
                "the opening time 2026-11-21T12:00:00Z is over",
                "`pilotlight release start summer --opens TIME`, or `pilotlight release start summer --now`",
            ])
        try release.tell(.start(now: true))
        #expect(release.state == .running)
        #expect(release.opens == nil)
    }

    @Test func aDraftSaysWhatItsStartWouldLack() throws {
        let release = Plans.draft(Plans.checkout())
        var facts = Plans.facts(Plans.red)
        facts.owners = ["cart": "winter"]
        #expect(
            release.waitingFor(facts, at: Plans.time(0)) == [
                "flag \"cart\" is being changed by release \"winter\"", "its gate is red: a (1.4.1) runs another",
                "`pilotlight release start summer`",
            ])
        let later = Plans.draft(Plans.checkout(opens: Plans.noon + 60))
        facts.unknownPilots = ["staff"]
        #expect(
            later.waitingFor(facts, at: Plans.time(0)) == [
                "there is no pilot group \"staff\"", "`pilotlight release start summer`",
            ], "what is only asked for at its opening may come")
    }

    @Test func aKillAtTheOpeningHolds() throws {
        var release = Plans.draft(Plans.checkout(opens: Plans.noon + 3_600))
        try release.tell(.start())
        try release.tell(.arm)
        #expect(try release.tell(.killed("cart"), at: 3_600) == [.announce(.held)])
        #expect(release.state == .held && release.stage == 0)
    }
}
