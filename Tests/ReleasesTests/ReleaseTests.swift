import Flags
import JSON
import Releases
import Testing

@Suite struct ReleaseTests {
    private static let checkout = ComponentKey.flagKey(of: "checkout")

    @Test func fromDraftToLaunchAndBack() throws {
        var release = Plans.draft(Plans.checkout(requires: [try #require(Requirement("everywhere: cart >= 1.4.2"))]))
        #expect(release.staged == nil)
        let started = try release.tell(.start())
        #expect(release.state == .running && release.stage == 0)
        #expect(started == [.show(try #require(release.staged))])
        #expect(release.staged?.pilots == ["staff"])
        #expect(release.staged?.percentage == Percentage.none)
        #expect(release.staged?.requires.map(\.text) == ["cart >= 1.4.2", "checkout = 1.4.2"])
        #expect(release.staged?.salt == "summer")

        #expect(release.due(Plans.facts(), at: Plans.time(59)) == nil)
        #expect(release.due(Plans.facts(), at: Plans.time(60)) == .advanceByItself)
        try release.tell(.advanceByItself, at: 60)
        #expect(release.stage == 1)
        #expect(release.staged?.pilots == ["staff"], "who has it goes on having it")
        #expect(release.staged?.percentage == Plans.percent(10))
        try release.tell(.advance(early: true), at: 61)
        #expect(release.due(Plans.facts(), at: Plans.time(9_999)) == nil, "the last stage is left by hand")

        let launched = try release.tell(.launch(), at: 100)
        #expect(release.state == .launched && release.staged == nil)
        let definitions = launched.reduce(into: Plans.definitions) { definitions, action in
            if case .define(let flag, let definition) = action { definitions[flag] = definition }
        }
        #expect(definitions["cart"]?["defaultVariant"] == "on")
        #expect(definitions[Self.checkout]?["defaultVersion"] == "1.4.2")
        let floors = launched.reduce(into: [String: ReleaseFloor]()) { floors, action in
            if case .floor(let flag, let floor) = action { floors[flag] = floor }
        }
        #expect(floors.keys.sorted() == [Self.checkout, "cart"].sorted())
        #expect(floors["cart"]?.requires.map(\.text) == ["cart >= 1.4.2", "checkout >= 1.4.2"])
        #expect(floors["cart"]?.before == Plans.definitions["cart"])
        #expect(launched.suffix(2) == [.conceal, .announce(.launched)])
        #expect(release.eventID == "7f3a-5")

        let facts = ReleaseFacts(gate: Plans.red, definitions: definitions, floors: floors)
        let back = try release.tell(.rollBack(), facts, at: 200)
        #expect(release.state == .rolledBack)
        for (flag, definition) in Plans.definitions { #expect(back.contains(.define(flag: flag, definition))) }
        for flag in Plans.definitions.keys { #expect(back.contains(.floor(flag: flag, nil))) }
        #expect(back.last == .announce(.rolledBack))
        #expect(
            release.history.map(\.trigger) == [nil, .start, .advanceByItself, .advance, .launch, .rollBack])
        #expect(release.history.map(\.stage) == [nil, 0, 1, 2, nil, nil])
        #expect(refusal(release, .start())?.hint == "it is over; make another one")
    }

    // MARK: Gate

    @Test func notGreenIsNotStarted() throws {
        let release = Plans.draft(Plans.checkout())
        let red = try #require(refusal(release, .start(), Plans.facts(Plans.red)))
        #expect(red.title == "Release not started")
        #expect(red.detail == "release \"summer\": its gate is red: a (1.4.1) runs another")
        #expect(red.agents == ["a"])
        #expect(refusal(release, .start(), Plans.facts(Plans.unknown))?.detail.contains("isn't known yet") == true)
        #expect(release.waitingFor(Plans.facts(), at: Plans.time(0)) == ["`pilotlight release start summer`"])
    }

    @Test func turningRedHolds() throws {
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start())
        #expect(release.due(Plans.facts(Plans.unknown), at: Plans.time(999)) == nil, "not known is no reason")
        let red = Plans.facts(Plans.red)
        #expect(release.due(red, at: Plans.time(1)) == .turnedRed)
        #expect(try release.tell(.turnedRed, red, at: 1) == [.announce(.held)])
        #expect(release.state == .held)
        #expect(release.staged?.pilots == ["staff"], "it stays at its stage")
        #expect(release.history.last?.why == "its gate turned red: a (1.4.1) runs another")
        #expect(release.due(red, at: Plans.time(2)) == nil)
        #expect(refusal(release, .resume(), red) != nil)
        try release.tell(.resume(), at: 50)
        #expect(release.due(Plans.facts(), at: Plans.time(109)) == nil, "the stage's minimum begins anew")
        #expect(release.due(Plans.facts(), at: Plans.time(110)) == .advanceByItself)
    }

    @Test func turningRedTakesBackWhereThePlanSaysSo() throws {
        var release = Plans.draft(Plans.checkout(onRed: .rollBack))
        try release.tell(.start())
        #expect(try release.tell(.turnedRed, Plans.facts(Plans.silent), at: 1) == [.announce(.held)])
        #expect(release.due(Plans.facts(Plans.silent), at: Plans.time(2)) == nil, "silence takes nothing back")
        let red = Plans.facts(Plans.red)
        #expect(release.due(red, at: Plans.time(2)) == .turnedRed)
        #expect(try release.tell(.turnedRed, red, at: 2) == [.conceal, .announce(.rolledBack)])
        #expect(release.state == .rolledBack)
    }

    // MARK: Kill, freeze, owners

    @Test func aKillOfWhatItChangesHolds() throws {
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start())
        #expect(refusal(release, .killed("other")) != nil)
        #expect(try release.tell(.killed(Self.checkout)) == [.announce(.held)])
        var facts = Plans.facts()
        facts.killed = [Self.checkout]
        #expect(refusal(release, .resume(), facts)?.detail.contains("component \"checkout\" is killed") == true)
    }

    @Test func nothingGoesForwardInAFreeze() throws {
        var frozen = Plans.facts()
        frozen.calendar = FreezeCalendar([try #require(ReleaseTimes.window(around: Plans.noon))])
        var release = Plans.draft(Plans.checkout())
        #expect(
            refusal(release, .start(), frozen)?.detail
                == "release \"summer\": the freeze \"now\" (audit) is on until 2026-11-21T13:00:00Z")
        #expect(
            refusal(release, .start(opens: Plans.noon + 60), frozen)?.detail
                == "release \"summer\": the opening time 2026-11-21T12:01:00Z lies in the freeze \"now\" (audit), which "
                + "is on until 2026-11-21T13:00:00Z")
        #expect(
            release.waitingFor(frozen, at: Plans.time(1)) == release.waitingFor(frozen, at: Plans.time(2)),
            "the same at every moment")
        #expect(refusal(release, .start(opens: Plans.noon + 3_600), frozen) == nil)
        try release.tell(.start(despiteFreeze: true), frozen)
        #expect(release.due(frozen, at: Plans.time(600)) == nil)
        #expect(refusal(release, .advance(early: true), frozen) != nil)
        #expect(refusal(release, .launch(early: true), frozen) != nil)
        try release.tell(.hold, frozen, at: 600)
        #expect(refusal(release, .resume(), frozen, at: 600) != nil)
        #expect(release.due(frozen, at: Plans.time(3_601)) == nil)
        try release.tell(.rollBack(), frozen, at: 601)
    }

    @Test func anOpeningDespiteAFreezeStaysArmed() throws {
        var frozen = Plans.facts()
        frozen.calendar = FreezeCalendar([try #require(ReleaseTimes.window(around: Plans.noon + 60))])
        var release = Plans.draft(Plans.checkout(opens: Plans.noon + 60))
        try release.tell(.start(despiteFreeze: true), frozen)
        #expect(release.due(frozen, at: Plans.time(1)) == .arm)
        try release.tell(.arm, frozen, at: 1)
        #expect(release.due(frozen, at: Plans.time(2)) == nil)
    }

    @Test func oneReleaseAtATimeChangesAThing() throws {
        var owned = Plans.facts()
        owned.owners = ["cart": "winter"]
        let release = Plans.draft(Plans.checkout())
        #expect(refusal(release, .start(), owned)?.detail.contains("being changed by release \"winter\"") == true)
    }

    @Test func whatIsNotThereIsNotReleased() throws {
        let release = Plans.draft(Plans.checkout())
        var facts = Plans.facts()
        facts.definitions["cart"] = Plans.json(#"{"state":"DISABLED","variants":{"on":1}}"#)
        facts.definitions[Self.checkout] = Plans.json(#"{"versions":{"1.4.2":{"state":"RETIRED"}}}"#)
        facts.unknownPilots = ["staff"]
        facts.faults = ["its targeting never gives null"]
        #expect(
            refusal(release, .start(), facts)?.detail
                == "release \"summer\": flag \"cart\" is disabled; version \"1.4.2\" of component \"checkout\" is retired; "
                + "there is no pilot group \"staff\"; its targeting never gives null")
        facts = ReleaseFacts(definitions: ["cart": Plans.json(#"{"state":"ENABLED","variants":{"off":1}}"#)])
        #expect(
            refusal(release, .start(), facts)?.detail
                == "release \"summer\": flag \"cart\" has no variant \"on\"; there is no component \"checkout\"")
    }

    // MARK: Stages

    @Test func stagesLastTheirMinimum() throws {
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start())
        #expect(
            refusal(release, .advance(), at: 10)?.detail
                == "release \"summer\": stage 1 of 3, \"staff\", lasts another 50 s at least")
        #expect(refusal(release, .launch(), at: 10)?.hint == "wait for it, or give --early")
        #expect(
            release.waitingFor(Plans.facts(), at: Plans.time(10)) == [
                "stage 1 of 3, \"staff\", lasts another 50 s at least"
            ])
        try release.tell(.advance(), at: 60)
        try release.tell(.advance(early: true), at: 61)
        let last = try #require(refusal(release, .advance(), at: 99))
        #expect(last.detail == "release \"summer\": stage 3 of 3, \"everyone\", is the last one")
        #expect(last.hint == "`pilotlight release launch summer`")
        #expect(release.waitingFor(Plans.facts(), at: Plans.time(99)) == ["`pilotlight release launch summer`"])
    }

    /// Whoever names the stage passes that one and no other, whoever else was quicker.
    @Test func theStageThatIsAskedForHasToBeTheNext() throws {
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start())
        let beyond = try #require(refusal(release, .advance(to: "everyone", early: true)))
        #expect(beyond.title == "Release not advanced")
        #expect(
            beyond.detail
                == "release \"summer\": it is at stage 1 of 3, \"staff\", and was to go on to stage 3, \"everyone\"")
        #expect(beyond.hint == "one after the other: `pilotlight release advance summer --to 2`")
        let unknown = try #require(refusal(release, .advance(to: "4", early: true)))
        #expect(unknown.detail == "release \"summer\": it is at stage 1 of 3, \"staff\", and has no stage \"4\"")
        #expect(unknown.hint == "its stages: \"staff\", \"some\", \"everyone\"")
        for text in ["0", "-1", "Some", "", "\(Int.min)", "\(Int.max)", "9223372036854775808"] {
            #expect(refusal(release, .advance(to: text, early: true))?.detail.contains("has no stage") == true)
        }
        let soon = refusal(release, .advance(to: "some"), at: 10)
        #expect(soon?.hint == "wait for it, or give --early", "the next one has to be ready too")

        try release.tell(.advance(to: "some", early: true))
        #expect(release.stage == 1)
        let again = try #require(refusal(release, .advance(to: "some", early: true)))
        #expect(again.detail == "release \"summer\": it is at stage 2 of 3, \"some\", already")
        #expect(again.hint == "`pilotlight release show summer` says who brought it there")
        #expect(
            refusal(release, .advance(to: "1"))?.hint
                == "it has been there already; `pilotlight release show summer` says who brought it there")
        try release.tell(.advance(to: "3", early: true))
        #expect(release.stage == 2)
        #expect(refusal(release, .advance(to: "3"))?.detail.hasSuffix("already") == true)
        try release.tell(.hold)
        #expect(refusal(release, .advance(to: "3"))?.detail == "release \"summer\" is held")
    }

    @Test func ofManyStagesSomeAreNamed() throws {
        var release = Plans.draft(
            Plans.checkout(
                stages: (1...8).map { ReleaseStage(name: "s\($0)", percentage: Plans.percent(Int64($0))) }))
        try release.tell(.start())
        #expect(
            refusal(release, .advance(to: "x"))?.hint
                == "its stages: \"s1\", \"s2\", \"s3\", \"s4\", \"s5\" and 3 more")
    }

    /// A stage may be called by a number that is another's.
    @Test func aStagesNameCountsBeforeItsNumber() throws {
        let stages = [("staff", 1), ("3", 2), ("2", 3)].map {
            ReleaseStage(name: $0.0, percentage: Plans.percent(Int64($0.1)))
        }
        var release = Plans.draft(Plans.checkout(stages: stages))
        try release.tell(.start())
        #expect(refusal(release, .advance(to: "2")) != nil)
        try release.tell(.advance(to: "3"))
        #expect(release.stage == 1)
    }

    @Test func theLastStageLaunchesByItselfIfItIsTo() throws {
        let stage = ReleaseStage(name: "all", percentage: .everybody, minimumSeconds: 30, advancesByItself: true)
        var release = Plans.draft(Plans.checkout(stages: [stage]))
        try release.tell(.start())
        #expect(release.due(Plans.facts(), at: Plans.time(30)) == .advanceByItself)
        try release.tell(.advanceByItself, at: 30)
        #expect(release.state == .launched)
    }

    /// The clock of the machine jumps an hour; the time since the process began doesn't.
    @Test(arguments: [Int64(3_600), -3_600]) func aClockThatJumpsMovesNoStage(_ jump: Int64) throws {
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start())
        #expect(release.due(Plans.facts(), at: Plans.time(59 + jump, steady: 59)) == nil)
        #expect(release.due(Plans.facts(), at: Plans.time(60 + jump, steady: 60)) == .advanceByItself)

        var timed = Plans.draft(Plans.checkout(opens: Plans.noon + 1_800))
        try timed.tell(.start())
        try timed.tell(.arm)
        let isOpen = timed.due(Plans.facts(), at: Plans.time(60 + jump, steady: 60)) == .open
        #expect(isOpen == (jump > 0), "opening goes by the calendar")
    }

    // MARK: Words and form

    @Test func whatCantBeDoneNamesWhatCan() throws {
        let release = Plans.draft(Plans.checkout())
        let refused = try #require(refusal(release, .hold))
        #expect(refused.title == "Release not held")
        #expect(refused.detail == "release \"summer\" is a draft")
        #expect(
            refused.hint
                == "what can be done now: `pilotlight release start summer`, `pilotlight release cancel summer`")
    }

    @Test func theOldestRecordsFallAway() throws {
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start())
        for second in Int64(1)...600 {
            try release.tell(.hold, at: second)
            try release.tell(.resume(), at: second)
        }
        #expect(release.history.count == Release.mostRecords)
        #expect(release.history.last?.number == 1_202)
        #expect(release.eventID == "7f3a-1202")
    }

    @Test func storedFormIsShown() throws {
        var release = Plans.draft(Plans.checkout(opens: Plans.noon - 60))
        try release.tell(.start(now: true))
        try release.tell(.hold, at: 30)
        #expect(Release(stored: release.json) == release)
        #expect(
            release.json["stage"]
                == Plans.json(
                    #"""
                    {"index":1,"count":3,"name":"staff","since":"2026-11-21T12:00:00.000Z",
                     "minimumUntil":"2026-11-21T12:01:00.000Z","steadySince":1795262400000}
                    """#))
        #expect(
            release.json["history"]?.arrayValue?.last
                == Plans.json(
                    #"""
                    {"number":3,"at":"2026-11-21T12:00:30.000Z","from":"running","to":"held","stage":1,
                     "trigger":"hold","actor":"ann","why":""}
                    """#))
        #expect(Release(stored: ["id": "x"]) == nil)
    }
}
