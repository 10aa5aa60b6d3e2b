import Flags
import JSON
import Releases
import Testing

/// What a launch leaves behind, and how it is taken back.
@Suite struct ReleaseRollBackTests {
    private static let checkout = ComponentKey.flagKey(of: "checkout")

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
}
