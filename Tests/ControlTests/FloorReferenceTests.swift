import Flags
import Harness
import HashTreeCollections
import JSON
import Releases
import Replication
import Testing

@testable import Control

/// What floors keep for older agents isn't pulled from under them.
@Suite struct FloorReferenceTests {
    private static func cart(_ more: String = "", default variant: String = "v0") -> String {
        #""cart": {"state": "ENABLED", "variants": {"v0": 0, "v1": 1, "v2": 2}, "#
            + #""defaultVariant": "\#(variant)"\#(more)}"#
    }

    private static let before = cart(
        #", "prerequisites": [{"flag": "gate", "variant": "on"}], "rollout": {"variant": "v1", "pilots": ["vip"]}"#)

    /// `cart` goes to `v2` where checkout is 1.1 at least; as it is now it refers to nothing.
    private func launched() async throws -> ReleaseFixture {
        let fixture = try await ReleaseFixture.make()
        let control = fixture.control
        try await control.apply(
            Sample.document(Self.before, Sample.flag("gate", default: "on"), pilots: #""vip": {"members": ["ann"]}"#),
            set: "files")
        try await launch(fixture, "summer", "v2")
        // Neither does the launched definition require the gate any more.
        try await control.apply(Sample.document(Self.cart(default: "v2")))
        #expect(try fixture.state.references.flags(using: "vip").isEmpty)
        #expect(try fixture.state.references.flags(requiring: "gate").isEmpty)
        return fixture
    }

    private func launch(
        _ fixture: ReleaseFixture, _ name: String, _ variant: String, requires version: String = "1.1"
    ) async throws {
        try await fixture.create(
            """
            {"name": "\(name)", "changes": [{"flag": "cart", "variant": "\(variant)"}],
             "requires": ["everywhere: checkout >= \(version)"], "stages": [{"percentage": 100}]}
            """)
        try await fixture.tell(.start(), name)
        try await fixture.tell(.launch(), name)
    }

    private func expectNeeded(
        _ fixture: ReleaseFixture, _ title: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> some Any
    ) async throws {
        let before = try fixture.state.committed.revision
        let refused = try #require(await refusal(body), sourceLocation: sourceLocation)
        #expect(refused.kind == .conflict && refused.title == title, sourceLocation: sourceLocation)
        #expect(refused.detail.contains("release \"summer\""), sourceLocation: sourceLocation)
        #expect(refused.detail.contains("flag \"cart\""), sourceLocation: sourceLocation)
        #expect(refused.hint?.contains("`pilotlight release show summer`") == true, sourceLocation: sourceLocation)
        #expect(refused.members["release"] == "summer", sourceLocation: sourceLocation)
        #expect(try fixture.state.committed.revision == before, sourceLocation: sourceLocation)
    }

    private func expectAllNeeded(_ fixture: ReleaseFixture) async throws {
        let control = fixture.control
        try await expectNeeded(fixture, "Pilot group is in use") { try await control.submit(.deletePilot("vip")) }
        try await expectNeeded(fixture, "Flag is required") { try await control.submit(.deleteFlag("gate")) }
    }

    @Test func whatAFloorNamesStaysAndTheReleaseIsNamed() async throws {
        let fixture = try await launched()
        try await expectAllNeeded(fixture)
        // Below the floor of a later launch too, and after a restart.
        try await launch(fixture, "autumn", "v1")
        let again = try await fixture.restarted()
        try await expectAllNeeded(again)
        try await again.tell(.rollBack(), "autumn")
        try await expectAllNeeded(again)
        // A floor ends with its flag.
        try await again.control.submit(.deleteFlag("cart"))
        try await again.control.submit(.deletePilot("vip"))
        try await again.control.submit(.deleteFlag("gate"))
        await again.control.stop()
    }

    /// The lowest of more than four floors makes room, and comes back with a roll back.
    @Test func whatAFloorNamesThatMadeRoomStaysToo() async throws {
        let fixture = try await launched()
        for (name, variant) in [("a", "v1"), ("b", "v2"), ("c", "v1"), ("d", "v2"), ("e", "v1")] {
            try await launch(fixture, name, variant)
        }
        let floor = try ReleaseFloor(
            "cart", storedBytes: try #require(try fixture.state.committed.bytes(of: EntryKey(.floor, "cart"))))
        #expect(floor.levels.map(\.release) == ["e", "d", "c", "b"])
        let again = try await fixture.restarted()
        try await expectAllNeeded(again)
        for name in ["e", "d", "c", "b", "a"] {
            try await again.tell(.rollBack(), name)
            try await expectAllNeeded(again)
        }
        try await again.control.submit(.deleteFlag("cart"))
        try await again.control.submit(.deletePilot("vip"))
        await again.control.stop()
    }

    private func floors(_ fixture: ReleaseFixture) throws -> [String] {
        let bytes = try fixture.state.committed.bytes(of: EntryKey(.floor, "cart"))
        return try bytes.map { try ReleaseFloor("cart", storedBytes: $0).levels.map(\.release) } ?? []
    }

    /// The floor of a release that was rolled back never comes back, and nothing refers by it.
    @Test func whatIsTakenBackOldestFirstStaysAway() async throws {
        let fixture = try await launched()
        let names = ["a", "b", "c", "d", "e"]
        for (index, name) in names.enumerated() { try await launch(fixture, name, index % 2 == 0 ? "v1" : "v2") }
        try await fixture.tell(.rollBack(skipConflicts: true), "summer")
        let again = try await fixture.restarted()
        // Only the floor of `summer` needed it.
        try await again.control.apply(Sample.document(Self.cart(default: "v1")))
        try await again.control.submit(.deleteFlag("gate"))
        try await again.control.submit(.deleteRelease("summer"))
        for name in names {
            try await again.tell(.rollBack(skipConflicts: true), name)
            try await again.control.submit(.deleteRelease(name))
            let left = names.drop { $0 != name }.dropFirst()
            #expect(try floors(again) == left.suffix(ReleaseFloor.deepest).reversed())
        }
        #expect(try floors(again).isEmpty && again.state.releases.isEmpty)
        // The rollout that its roll back brought back, for older agents as for all.
        try await again.control.submit(.deletePilot("vip"))
        await again.control.stop()
    }

    /// In whatever order they are launched and taken back: the newest launched ones are what older agents go by.
    @Test(arguments: [UInt64.random(in: 0...UInt64.max), .random(in: 0...UInt64.max)])
    func theNewestThatAreLaunchedAreTheFloor(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let fixture = try await ReleaseFixture.make()
        try await fixture.control.apply(Sample.document(Self.cart()))
        var launched: [String] = []
        for number in 0..<60 {
            if launched.isEmpty || random.below(number < 30 ? 3 : 5) > 1 && number < 50 {
                // A name is free again.
                let name = try #require((0...60).map { "r\($0)" }.first { try fixture.state.releases[$0] == nil })
                try await launch(fixture, name, "v\(random.below(3))")
                launched.append(name)
            } else {
                let name = launched.remove(at: random.below(launched.count))
                try await fixture.tell(.rollBack(skipConflicts: true), name)
                try await fixture.control.submit(.deleteRelease(name))
            }
            let floors = try floors(fixture)
            #expect(floors == launched.suffix(ReleaseFloor.deepest).reversed(), "seed \(seed), step \(number)")
            let all = Set(try fixture.state.floors(of: "cart").flatMap { $0.levels.map(\.release) })
            #expect(all == Set(launched), "seed \(seed), step \(number)")
        }
        await fixture.control.stop()
    }

    /// What agents beside these versions of checkout give by what is stored.
    private func given(_ fixture: ReleaseFixture, _ versions: String...) throws -> [String?] {
        let entries = try fixture.state.committed
        var flags = FlagSet()
        try flags.put(flag: "cart", storedBytes: try #require(entries.bytes(of: EntryKey(.flag, "cart"))))
        if let floor = entries.bytes(of: EntryKey(.floor, "cart")) { try flags.put(floor: "cart", storedBytes: floor) }
        return versions.map { version in
            flags.identity = ServiceIdentity(service: "checkout", version: version)
            return flags.evaluate("cart", context: EvaluationContext(targetingKey: "ann"), unixSeconds: 0).variant
        }
    }

    /// Older agents don't get it by what a later launch found.
    @Test func whatIsTakenBackIsTakenBackFromOlderAgentsToo() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.control.apply(Sample.document(Self.cart()))
        fixture.world.run(["a": "1.2"])
        try await launch(fixture, "first", "v1")
        try await launch(fixture, "second", "v1", requires: "1.2")
        #expect(try given(fixture, "1.0", "1.1", "1.2") == ["v0", "v1", "v1"])
        try await fixture.tell(.rollBack(), "first")
        #expect(try given(fixture, "1.0", "1.1", "1.2") == ["v0", "v0", "v0"])
        try await fixture.tell(.rollBack(), "second")
        #expect(try given(fixture, "1.0", "1.1", "1.2") == ["v0", "v0", "v0"] && floors(fixture).isEmpty)

        try await launch(fixture, "third", "v1")
        try await launch(fixture, "fourth", "v2", requires: "1.2")
        #expect(try given(fixture, "1.0", "1.1", "1.2") == ["v0", "v1", "v2"])
        try await fixture.tell(.rollBack(skipConflicts: true), "third")
        #expect(try given(fixture, "1.0", "1.1", "1.2") == ["v0", "v0", "v2"], "what was changed since stays")
        await fixture.control.stop()
    }

    /// Nor where it had made room for later ones.
    @Test func whatMadeRoomIsTakenBackToo() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.control.apply(Sample.document(Self.cart()))
        let names = (0..<7).map { "r\($0)" }
        for name in names { try await launch(fixture, name, "v1") }
        try await fixture.tell(.rollBack(), "r0")
        #expect(try given(fixture, "1.0", "1.1") == ["v0", "v0"])
        for name in names.dropFirst() {
            try await fixture.tell(.rollBack(), name)
            #expect(try given(fixture, "1.0", "1.1") == ["v0", "v0"], "\(name)")
        }
        #expect(try floors(fixture).isEmpty)
        await fixture.control.stop()
    }

    /// Where the flag is gone no roll back brings its floors back.
    @Test func whatMadeRoomGoesWithItsFlag() async throws {
        let fixture = try await launched()
        for (name, variant) in [("a", "v1"), ("b", "v2"), ("c", "v1"), ("d", "v2")] {
            try await launch(fixture, name, variant)
        }
        try await expectAllNeeded(fixture)
        try await fixture.control.submit(.deleteFlag("cart"))
        try await fixture.control.apply(Sample.document(Self.cart(default: "v0")))
        try await launch(fixture, "anew", "v1")
        try await fixture.control.submit(.deletePilot("vip"))
        try await fixture.control.submit(.deleteFlag("gate"))
        await fixture.control.stop()
    }

    @Test func pruneLeavesItAloneUnlessTheFlagGoesAlong() async throws {
        let fixture = try await launched()
        let control = fixture.control
        let kept = Sample.document(Self.cart(default: "v2"), Sample.flag("gate", default: "on"))
        for confirm in [false, true] {
            try await expectNeeded(fixture, "Pilot group is in use") {
                try await control.apply(kept, set: "files", prune: true, confirmPrune: confirm)
            }
        }
        try await control.apply(Sample.document(Sample.flag("other")), set: "files", prune: true, confirmPrune: true)
        let entries = try fixture.state.committed.entries
        #expect(entries[EntryKey(.pilot, "vip")] == nil && entries[EntryKey(.flag, "cart")] == nil)
        #expect(entries[EntryKey(.floor, "cart")] == nil)
        await control.stop()
    }

    /// Whoever goes back to the time before a group was there would take it away.
    @Test func rollBackOfARevisionDoesNotTakeItAway() async throws {
        let fixture = try await ReleaseFixture.make()
        let control = fixture.control
        try await control.apply(Sample.document(Self.cart()))
        let number = try fixture.state.committed.revision.number
        try await control.submit(.createPilot("vip"))
        try await control.apply(Sample.document(Self.cart(#", "rollout": {"variant": "v1", "pilots": ["vip"]}"#)))
        try await launch(fixture, "summer", "v2")
        let reader = try StoreReader(path: control.store.path)
        let past = try #require(try await reader.state(at: number, from: try fixture.state))
        try await expectNeeded(fixture, "Pilot group is in use") {
            try await control.submit(.rollback(RollbackRequest(number: number, content: past, pilots: true)))
        }
        reader.close()
        await control.stop()
    }

    @Test func versionPilotsOfAComponentCountToo() async throws {
        let fixture = try await ReleaseFixture.make()
        try await fixture.control.edit(
            ComponentEdit(pilots: [(pilot: "early", version: "1.1")]))
        try await fixture.create()
        try await fixture.tell(.start())
        try await fixture.tell(.launch(early: true))
        let refused = try #require(await refusal { try await fixture.control.submit(.deletePilot("early")) })
        #expect(refused.detail.contains("component \"checkout\"") && refused.members["release"] == "summer")
        try await fixture.control.submit(.deletePilot("idle"))
        await fixture.control.stop()
    }
}
