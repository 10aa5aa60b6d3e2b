import Flags
import Harness
import JSON
import Releases

/// Plans and facts drawn by chance.
enum RandomRelease {
    static func plan(_ random: inout SeededRandom) -> ReleasePlan {
        let subjects = ["cart", ComponentKey.flagKey(of: "checkout"), "banner"].filter { _ in random.below(2) == 0 }
        let changes = (subjects.isEmpty ? ["cart"] : subjects).map {
            FlagVariant(flag: $0, variant: ComponentKey.isComponent($0) ? "1.4.2" : "on")
        }
        var percentage = 0
        let stages = (0...random.below(4)).map { index in
            percentage = min(10_000, percentage + random.below(4_000))
            return ReleaseStage(
                name: "stage \(index)", pilots: index == 0 || random.below(3) == 0 ? ["group-\(index)"] : [],
                percentage: Percentage(hundredths: percentage) ?? .none,
                minimumSeconds: [0, 60, 3_600, 86_400][random.below(4)], advancesByItself: random.below(2) == 0)
        }
        var plan = ReleasePlan(name: "r\(random.below(100))", changes: changes, stages: stages)
        if random.below(2) == 0 { plan.requires = [.everywhere(requirement(&random))] }
        if random.below(3) == 0 { plan.opens = Plans.noon + Int64(random.below(7_200)) }
        if random.below(2) == 0 { plan.onRed = .rollBack }
        if random.below(4) == 0 { plan.exclude = Rollout.Exclusion(users: ["ann"], pilots: ["banks"]) }
        if random.below(4) == 0 { plan.salt = "salt" }
        if random.below(4) == 0 { plan.title = "Title" }
        if random.below(4) == 0 { plan.announcement = Announcement(users: "Hello", staff: "Do\nthis") }
        return plan
    }

    static func requirement(_ random: inout SeededRandom) -> VersionRequirement {
        VersionRequirement(
            service: ["cart", "checkout", "shop"][random.below(3)],
            relation: VersionRelation.allCases[random.below(VersionRelation.allCases.count)],
            version: ["1.4.2", "1.5.0", "blue"][random.below(3)])
    }

    static let definitions = Plans.definitions.merging([
        "banner": Plans.json(
            #"""
            {"state":"ENABLED","variants":{"on":1,"off":2,"old":3},"defaultVariant":"old","offVariant":"off",
             "rollout":{"variant":"on","percentage":5}}
            """#)
    ]) { $1 }

    static func gate(_ random: inout SeededRandom) -> GateResult {
        switch random.below(8) {
        case 0: Plans.red
        case 1: Plans.silent
        case 2: Plans.unknown
        default: Plans.green
        }
    }

    static func event(_ release: Release, _ random: inout SeededRandom) -> ReleaseEvent {
        let yes = { (random: inout SeededRandom) in random.below(2) == 0 }
        switch random.below(15) {
        case 0, 1:
            let opens = release.stageSince / 1_000 + Plans.noon + Int64(random.below(20_000))
            return .start(opens: yes(&random) ? nil : opens, now: yes(&random), despiteFreeze: yes(&random))
        case 2: return .arm
        case 3: return .withdraw
        case 4: return .open
        case 5, 6:
            let to = random.below(3) == 0 ? "\(random.below(release.plan.stages.count) + 1)" : nil
            return .advance(to: to, early: yes(&random), despiteFreeze: yes(&random))
        case 7: return .advanceByItself
        case 8: return .hold
        case 9: return .resume(despiteFreeze: yes(&random))
        case 10: return .launch(early: yes(&random), despiteFreeze: yes(&random))
        case 11: return random.below(3) == 0 ? .rollBack(skipConflicts: yes(&random)) : .resume()
        case 12: return random.below(4) == 0 ? .cancel : .start()
        case 13: return .turnedRed
        default: return .killed(yes(&random) ? release.plan.subjects[0] : "another")
        }
    }
}
