import Flags
import JSON
import Releases
import Testing

@Suite struct ReleaseTests {
    private static let checkout = ComponentKey.flagKey(of: "checkout")

    private func refusal(
        _ release: Release, _ event: ReleaseEvent, _ facts: ReleaseFacts = Plans.facts(), at seconds: Int64 = 0
    ) -> ReleaseRefusal? {
        var release = release
        do throws(ReleaseRefusal) {
            _ = try release.receive(event, facts, at: Plans.time(seconds), by: "ann", why: "")
            return nil
        } catch { return error }
    }

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

    // MARK: Opening

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

    // MARK: Roll back

    @Test func whatElseChangedIsNamed() throws {
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start())
        let launched = try release.tell(.launch(early: true))
        var facts = Plans.facts(Plans.red)
        for case .define(let flag, let definition) in launched { facts.definitions[flag] = definition }
        var cart = try #require(facts.definitions["cart"]?.objectValue)
        cart["defaultVariant"] = "off"
        cart["offVariant"] = "on"
        facts.definitions["cart"] = .object(cart)
        let refused = try #require(refusal(release, .rollBack(), facts))
        #expect(refused.conflicts.count == 1)
        #expect(refused.hint?.contains("--skip-conflicts") == true)
        let actions = try release.tell(.rollBack(skipConflicts: true), facts)
        #expect(
            actions == [
                .leave(flag: "cart", refused.conflicts),
                .define(flag: Self.checkout, try #require(Plans.definitions[Self.checkout])), .announce(.rolledBack),
            ], "the flag is left alone")
        let stays = try #require(refused.conflicts.first)
        #expect(release.history.last?.why == "not taken back: " + stays)
    }

    @Test func whatAnotherReleaseChangesByNowIsNotTakenBack() throws {
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start())
        try release.tell(.launch(early: true))
        var owned = Plans.facts()
        owned.owners = ["cart": "winter"]
        #expect(refusal(release, .rollBack(skipConflicts: true), owned)?.detail.contains("release \"winter\"") == true)
    }

    @Test func floorsOfTwoReleasesLieOnEachOther() throws {
        var plan = Plans.checkout(requires: [try #require(Requirement("everywhere: cart > 1.4.1"))])
        plan.name = "winter"
        let lower = ReleaseFloor(
            release: "summer", requires: [try #require(VersionRequirement("cart >= 1.3"))], before: ["older": true],
            below: nil)
        var facts = Plans.facts()
        facts.floors = ["cart": lower]
        var release = Plans.draft(plan)
        try release.tell(.start(), facts)
        let launched = try release.tell(.launch(early: true), facts)
        for case .floor(let flag, let floor) in launched { facts.floors[flag] = floor }
        for case .define(let flag, let definition) in launched { facts.definitions[flag] = definition }
        #expect(facts.floors["cart"]?.release == "winter")
        #expect(facts.floors["cart"]?.below == lower)
        let back = try release.tell(.rollBack(), facts)
        #expect(back.contains(.floor(flag: "cart", lower)))
        #expect(back.contains(.floor(flag: Self.checkout, nil)))
    }

    @Test func onlyWhatLastsIsAFloor() throws {
        func floor(_ requires: String...) throws -> [String] {
            var plan = Plans.checkout(requires: try requires.map { try #require(Requirement($0)) })
            plan.changes = [FlagVariant(flag: "cart", variant: "on")]
            var release = Plans.draft(plan)
            try release.tell(.start())
            for case .floor(_, let floor?) in try release.tell(.launch(early: true)) {
                return floor.requires.map(\.text)
            }
            return []
        }
        #expect(try floor("everywhere: cart ~ 1.4.2", "everywhere: shop >= blue", "everywhere: cart != 1.4.3") == [])
        #expect(try floor("everywhere: cart = 1.4.2", "present: cart 1.4.2") == ["cart >= 1.4.2"])
        #expect(try floor("present: shop 2.0", "everywhere: cart > 1") == ["shop >= 2.0", "cart > 1"])
        #expect(try floor("present: shop green") == [])
    }

    @Test func aRollBackGivesBackTheFloorsThatTheLaunchHadNoRoomFor() throws {
        var floor: ReleaseFloor?
        for version in 1...ReleaseFloor.deepest {
            let required = try #require(VersionRequirement("cart >= \(version)"))
            floor = ReleaseFloor(
                release: "r\(version)", requires: [required], before: ["state": .integer(Int64(version))], below: floor)
        }
        let whole = try #require(floor)
        var facts = Plans.facts()
        facts.floors = ["cart": whole]
        var release = Plans.draft(Plans.checkout())
        try release.tell(.start(), facts)
        for case .floor(let flag, let floor) in try release.tell(.launch(early: true), facts) {
            facts.floors[flag] = floor
        }
        #expect(facts.floors["cart"]?.below == whole.cut(to: ReleaseFloor.deepest - 1))
        release = try #require(Release(stored: release.json))
        #expect(try release.tell(.rollBack(), facts).contains(.floor(flag: "cart", whole)))
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
