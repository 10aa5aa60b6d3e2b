import Flags
import Harness
import HashTreeCollections
import JSON
import Releases
import Replication
import Testing

@testable import Control

/// What a release does to what agents are told: each of its steps is one revision, with its record and what is announced.
@Suite struct ReleaseMoveTests {
    @Test func itShowsStagesAndLaunchesInOneRevisionEach() async throws {
        let fixture = try await ReleaseFixture.make()
        let before = try fixture.entries
        try await fixture.create()
        #expect(try fixture.release().state == .draft)
        #expect(try fixture.state.committed.revision.number == 1)
        #expect(try fixture.staged == nil)

        let started = try await fixture.tell(.start())
        #expect(started.published && started.revision.number == 2)
        #expect(started.diff.map { "\($0.operation) \($0.kind) \($0.key)" } == ["add release summer"])
        #expect(try fixture.staged?.pilots == ["staff"])
        #expect(try fixture.staged?.percentage == Percentage.none)
        #expect(try fixture.basket("ann") == "on" && fixture.basket("bob") == "off")
        #expect(try fixture.answer(ReleaseFixture.checkout, "ann") == "1.1")

        let advanced = try await fixture.tell(.advance())
        #expect(advanced.revision.number == 3)
        #expect(advanced.diff.map(\.detail) == ["stage: 50 %, pilots: staff"])
        #expect(try fixture.release().stage == 1)
        // Its definitions are those of before: taking it back is taking away one entry.
        var told = try fixture.entries
        told[ReleaseFixture.entry] = nil
        #expect(told == before)

        let refused = try #require(await refusal { try await fixture.tell(.launch()) })
        #expect(refused.kind == .conflict && refused.hint?.contains("--early") == true)
        fixture.world.pass(seconds: 3_600)
        let launched = try await fixture.tell(.launch())
        #expect(launched.revision.number == 4)
        #expect(
            launched.diff.map { "\($0.operation) \($0.kind) \($0.key)" } == [
                "add component-floor checkout", "add floor basket", "remove release summer",
                "change component checkout", "change flag basket",
            ])
        #expect(try fixture.staged == nil)
        #expect(try fixture.basket("zoe") == "on" && fixture.answer(ReleaseFixture.checkout, "zoe") == "1.1")
        #expect(try fixture.release().state == .launched)
        let told4 = try await fixture.announcements()
        let release = try fixture.release()
        #expect(told4.count == 1 && told4.first?.id.hasPrefix(release.eventID + "-") == true)
        let first = try #require(told4.first)
        let body = try #require(JSONReader.read(first.body).value)
        #expect(body["type"] == "release.launched" && body["environment"] == "production" && body["title"] == "Summer")
        #expect(body["changes"]?.arrayValue?.count == 2)
        await fixture.control.stop()
    }

    /// Each of two operators has seen the first stage and asks for the second: one of them is late.
    @Test func twoWhoAdvanceAtOncePassOneStage() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(
            ReleaseFixture.plan().replacing(
                #"{"name": "half", "percentage": 50, "minimum": "1h"}"#,
                with: #"{"name": "some", "percentage": 10}, {"name": "half", "percentage": 50}"#))
        for to in ["some", "3"] {
            if to == "some" { try await fixture.tell(.start()) }
            let before = try fixture.release().stage
            let number = try fixture.state.committed.revision.number
            let refusals = await withTaskGroup(of: Refusal?.self) { group in
                for _ in 0..<2 { group.addTask { await refusal { try await fixture.tell(.advance(to: to)) } } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let late = try #require(refusals.compactMap { $0 }.first)
            #expect(refusals.compactMap { $0 }.count == 1)
            #expect(late.kind == .conflict && late.detail.contains("it is at stage \(before + 2) of 3"))
            #expect(try fixture.release().stage == before + 1)
            #expect(try fixture.state.committed.revision.number == number + 1)
        }
        await fixture.control.stop()
    }

    @Test func takenBackWhileItRunsEverythingIsAsBefore() async throws {
        let fixture = try await ReleaseFixture.make()
        let before = try fixture.entries
        try await fixture.create()
        try await fixture.tell(.start())
        try await fixture.tell(.hold)
        #expect(try fixture.staged?.pilots == ["staff"])
        try await fixture.tell(.rollBack())
        #expect(try fixture.entries == before)
        #expect(try await fixture.announcements().map(\.kind) == ["held", "rolled-back"])
        await fixture.control.stop()
    }

    /// Whatever else changed in between stays; what the launch changed is again what it was, to the byte.
    @Test func takenBackAfterItsLaunchWhatItChangedIsAsBefore() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.control.submit(
            .ramp(flag: "basket", RampRequest(variant: "on", percentage: .none, pilots: ["early"], time: 1)))
        try await fixture.control.edit(ComponentEdit(pilots: [("early", "1.1")], unchecked: true))
        let before = try fixture.entries
        try await fixture.create(ReleaseFixture.plan(requires: #""everywhere: checkout >= 1.1""#))
        try await fixture.tell(.start())
        try await fixture.tell(.launch(early: true))
        #expect(try fixture.state.committed.entries[EntryKey(.floor, "basket")] != nil)
        #expect(try fixture.state.committed.entries[EntryKey(.floor, ReleaseFixture.checkout)] != nil)

        try await fixture.control.submit(.setDefault(flag: "other", variant: "on"))
        try await fixture.control.submit(.addMembers(pilot: "early", ["eve"]))
        try await fixture.control.submit(.kill(flag: "other", variant: "off"))
        let back = try await fixture.tell(.rollBack())
        #expect(back.published)
        var after = try fixture.entries
        for key in [EntryKey(.flag, "other"), EntryKey(.kill, "other")] { after[key] = before[key] }
        #expect(after == before)
        #expect(try fixture.answer("other", "ann") == "off")
        #expect(try fixture.state.references.flags(using: "early") == [ReleaseFixture.checkout, "basket"].sorted())
        await fixture.control.stop()
    }

    @Test func conflictsOfARollBackAreNamed() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        try await fixture.tell(.start())
        try await fixture.tell(.launch(early: true))
        try await fixture.control.apply(
            #"{"flags": {"basket": {"state": "ENABLED", "variants": {"on": true, "off": false, "new": false}, "#
                + #""defaultVariant": "new"}}}"#)
        let refused = try #require(await refusal { try await fixture.tell(.rollBack()) })
        #expect(refused.kind == .conflict)
        #expect(refused.members["conflicts"]?.arrayValue?.count == 1)
        #expect(try fixture.release().state == .launched)
        let back = try await fixture.tell(.rollBack(skipConflicts: true))
        #expect(back.warnings.map(\.document) == [#"flag "basket""#])
        #expect(back.warnings.first?.message.hasPrefix("not taken back: its defaultVariant was changed since") == true)
        #expect(try fixture.release().history.last?.why.hasPrefix(#"not taken back: flag "basket": its"#) == true)
        #expect(try fixture.answer("basket", "ann") == "new")
        #expect(try fixture.answer(ReleaseFixture.checkout, "ann") == "1.0")
        await fixture.control.stop()
    }

    /// What is gone is a conflict like the others: the rest can be taken back.
    @Test func aRollBackLeavesOutWhatNamesGroupsThatAreGone() async throws {
        let fixture = try await ReleaseFixture.make()
        let control = fixture.control
        try await control.apply(
            #"{"flags": {"basket": {"state": "ENABLED", "variants": {"on": true, "off": false}, "#
                + #""defaultVariant": "off", "rollout": {"variant": "on", "pilots": ["idle"]}}}}"#)
        // Without a component: what a launch asks of versions keeps the groups of before.
        try await fixture.create(
            """
            {"name": "summer", "changes": [{"flag": "basket", "variant": "on"}, {"flag": "other", "variant": "on"}],
             "stages": [{"percentage": 100}]}
            """)
        try await fixture.tell(.start())
        try await fixture.tell(.launch())
        try await control.submit(.deletePilot("idle"))
        let again = try await fixture.restarted()
        let refused = try #require(await refusal { try await again.tell(.rollBack()) })
        #expect(refused.hint?.contains("--skip-conflicts") == true)
        let conflicts = refused.members["conflicts"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(conflicts.count == 1 && conflicts.allSatisfy { $0.contains("its rollout can't be") })
        #expect(conflicts.first?.contains("there is no pilot group \"idle\" any more") == true)
        try await again.tell(.rollBack(skipConflicts: true))
        #expect(try again.release().state == .rolledBack)
        #expect(try again.answer("other", "ann") == "off" && again.answer("basket", "cid") == "off")
        await again.control.stop()
    }

    @Test func aReleaseOfWhatIsNotThereIsRefusedWithEveryProblem() async throws {
        let fixture = try await ReleaseFixture.make()
        let plan = """
            {"name": "bad", "changes": [{"flag": "baskt", "variant": "on"}, {"component": "checkout", "version": "1.2"},
             {"flag": "other", "variant": "onn"}], "stages": [{"name": "a", "pilots": ["stff"]}]}
            """
        let refused = try #require(await refusal { try await fixture.create(plan) })
        #expect(refused.kind == .invalid)
        #expect(
            refused.problems.map(\.pointer) == ["/changes/0", "/changes/1", "/changes/2", "/stages/0/pilots/0"])
        #expect(refused.problems.first?.hint == #"did you mean "basket"?"#)
        try await fixture.control.apply(
            Sample.document(Sample.flag("fixed", targeting: #"{"if": [true, "on", "off"]}"#)))
        let unreached = """
            {"name": "bad", "changes": [{"flag": "fixed", "variant": "on"}],
             "stages": [{"name": "all", "percentage": 100}]}
            """
        let never = try #require(await refusal { try await fixture.create(unreached) })
        #expect(never.problems.first?.message.contains("never gives null") == true)
        #expect(try fixture.state.releases.isEmpty)
        let unknown = try #require(await refusal { try await fixture.tell(.hold) })
        #expect(unknown.kind == .unknown)
        await fixture.control.stop()
    }

    @Test func whatItsAuthorMayNotHaveMeantIsWarnedOf() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.control.apply(
            #"{"flags": {"off": {"state": "DISABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}}}"#
        )
        let created = try await fixture.create(
            """
            {"name": "summer", "opens": "2020-01-01T00:00:00Z",
             "changes": [{"flag": "off", "variant": "on"}, {"flag": "basket", "variant": "off"}],
             "stages": [{"percentage": 100}]}
            """)
        let told = created.warnings.map { "\($0.document)\($0.pointer) \($0.message)" }
        #expect(
            told == [
                "release summer/opens the opening time 2020-01-01T00:00:00Z is over",
                #"flag "off" is disabled: the release can't start until it is enabled"#,
                #"flag "basket" gives everyone off by default already: the release changes nobody's answer"#,
            ])
        let refused = try #require(await refusal { try await fixture.tell(.start()) })
        #expect(refused.detail.contains("the opening time 2020-01-01T00:00:00Z is over"))
        await fixture.control.stop()
    }

    @Test func namesAreLookedAtWhereTheFormIsWrongToo() async throws {
        let fixture = try await ReleaseFixture.make()
        let json = try #require(
            JSONReader.read(
                """
                {"name": "Bad!", "changes": [{"flag": "basket"}, {"flag": "baskt", "variant": "on"}],
                 "stages": [{"name": "a", "pilots": ["stff", "S", 7], "percentage": 101}],
                 "exclude": {"pilots": ["none"]}}
                """
            ).value)
        let found = ReleasePlan.read(json).problems
        let more = ReleaseCheck.problems(ofReadable: json, besides: found, on: try fixture.state)
        #expect(
            found.map(\.pointer.description).sorted() == [
                "/changes/0", "/name", "/stages/0/percentage", "/stages/0/pilots/1", "/stages/0/pilots/2",
            ])
        #expect(more.map(\.pointer.description) == ["/changes/1", "/stages/0/pilots/0", "/exclude/pilots/0"])
        await fixture.control.stop()
    }

    @Test func aDraftIsReplacedAndOneThatRanIsNot() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create()
        let first = try fixture.release().id
        #expect(await refusal { try await fixture.create() }?.kind == .conflict)
        try await fixture.create(replace: true)
        #expect(try fixture.release().id != first)
        try await fixture.tell(.cancel)
        let cancelled = try #require(await refusal { try await fixture.create(replace: true) })
        #expect(cancelled.kind == .conflict && cancelled.detail.hasSuffix("and it is cancelled"))
        #expect(cancelled.hint?.contains("`pilotlight release delete summer`") == true)
        try await fixture.control.submit(.deleteRelease("summer"))
        try await fixture.create()
        try await fixture.tell(.start())
        #expect(await refusal { try await fixture.create(replace: true) }?.kind == .conflict)
        await fixture.control.stop()
    }

    @Test func historyTellsOfReleasesAndFloors() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.create(ReleaseFixture.plan(requires: #""everywhere: checkout >= 1.1""#))
        var told: [[DiffLine]] = []
        told.append(try await fixture.tell(.start()).diff)
        told.append(try await fixture.tell(.advance()).diff)
        told.append(try await fixture.tell(.launch(early: true)).diff)
        told.append(try await fixture.tell(.rollBack()).diff)
        let reader = try StoreReader(path: fixture.control.store.path)
        let state = try fixture.state
        let sorted = { (lines: [DiffLine]) in lines.sorted { ($0.kind, $0.key) < ($1.kind, $1.key) } }
        for (index, lines) in told.enumerated() {
            let entry = try #require(try await reader.entry(of: state.id, UInt64(index) + 2))
            #expect(sorted(entry.diff) == sorted(lines))
            #expect(entry.message.hasPrefix("release summer: "))
        }
        #expect(
            Set(told[2].map(\.kind)) == ["release", "floor", "component-floor", "component", "flag"])
        let floors = try await reader.page(
            of: state.id, HistoryFilter(kinds: [.componentFloor], name: "checkout"), limit: 10)
        #expect(floors.map(\.revision.number) == [5, 4])
        let releases = try await reader.page(of: state.id, HistoryFilter(kinds: [.release]), limit: 10)
        #expect(releases.map(\.revision.number) == [4, 3, 2])
        #expect(try await reader.page(of: state.id, HistoryFilter(kinds: [.floor]), limit: 10).count == 2)
        reader.close()
        await fixture.control.stop()
    }
}
