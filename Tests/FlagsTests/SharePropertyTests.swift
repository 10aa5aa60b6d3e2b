import Flags
import Harness
import JSON
import Testing

/// Who is within a share, and what time does to it.
@Suite struct SharePropertyTests {
    private static let users = (0..<300).map { "user-\($0)" }
    private static let steps = [0, 1, 10, 250, 1_000, 4_999, 5_000, 7_500, 9_999, 10_000]

    private static func set(_ environment: RandomEnvironment, _ bucketing: Bucketing) throws -> FlagSet {
        var set = FlagSet(bucketing: bucketing)
        for (name, group) in environment.groups { try set.put(group, name) }
        for (key, flag) in environment.flags { try set.put(flag, key) }
        return set
    }

    /// Contexts of users with and without what is bucketed by.
    private static let contexts: [EvaluationContext] =
        users.enumerated().map { index, user in
            RandomEnvironment.User(
                key: user, plan: RandomEnvironment.plans[index % 3],
                company: index % 7 == 0 ? nil : .string("company-\(index / 2)")
            ).context
        }

    private static func taken(_ flag: String, _ set: FlagSet, at time: Int64 = 0) -> Set<Int> {
        Set(
            contexts.indices.filter {
                set.evaluate(flag, context: contexts[$0], unixSeconds: time).reason == .targetingMatch
            })
    }

    /// A flag whose only rule is a rollout.
    private static func flag(_ random: inout SeededRandom, share: RandomEnvironment.Rollout.Share)
        -> RandomEnvironment.Flag
    {
        var rollout = random.rollout(["on"])
        rollout.share = share
        return RandomEnvironment.Flag(variants: ["on", "off"], defaultVariant: "off", rollout: rollout)
    }

    @Test(arguments: 1...4) func raisingOnlyEverAddsUsers(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var rises = 0
        for round in 0..<8 {
            var environment = RandomEnvironment(&random)
            let key = "raised-\(round)"
            environment.flags = [key: Self.flag(&random, share: .fixed(0))]
            var set = try Self.set(environment, round % 2 == 0 ? .v2 : .v3)
            var before: Set<Int> = []
            var atFirst: [Set<Int>] = []
            for share in Self.steps {
                environment.flags[key]?.rollout?.share = .fixed(share)
                try set.put(try #require(environment.flags[key]), key)
                let taken = Self.taken(key, set)
                #expect(before.isSubset(of: taken), "at \(share)")
                before = taken
                atFirst.append(taken)
            }
            rises += zip(atFirst, atFirst.dropFirst()).count { $0.count < $1.count }
            for (share, taken) in zip(Self.steps, atFirst).reversed() {
                environment.flags[key]?.rollout?.share = .fixed(share)
                try set.put(try #require(environment.flags[key]), key)
                #expect(Self.taken(key, set) == taken, "lowered to \(share)")
            }
        }
        #expect(rises > 10)
    }

    @Test(arguments: 11...12) func raisingAGroupOnlyEverAddsUsers(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for round in 0..<8 {
            var environment = RandomEnvironment(&random)
            let rollout = RandomEnvironment.Rollout(variant: "on", share: .fixed(0), pilots: ["early"])
            environment.flags = [
                "f": .init(variants: ["on", "off"], defaultVariant: "off", rollout: rollout)
            ]
            var set = try Self.set(environment, round % 2 == 0 ? .v2 : .v3)
            var before: Set<Int> = []
            for share in Self.steps {
                environment.groups["early"]?.share = share
                try set.put(try #require(environment.groups["early"]), "early")
                let taken = Self.taken("f", set)
                #expect(before.isSubset(of: taken), "at \(share)")
                before = taken
            }
            environment.groups["early"]?.share = 1_000
            try set.put(try #require(environment.groups["early"]), "early")
            let lowered = Self.taken("f", set)
            #expect(lowered == Self.taken("f", try Self.set(environment, round % 2 == 0 ? .v2 : .v3)))
            #expect(lowered.isSubset(of: before))
        }
    }

    @Test(arguments: 21...24) func aTimeRampIsTheFixedShareOfItsStep(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for round in 0..<6 {
            var environment = RandomEnvironment(&random)
            let start = Int64(random.below(1_000))
            let ramp = (
                from: random.share(), to: random.share(), start: start, end: start + 1 + Int64(random.below(300))
            )
            environment.flags = [
                "f": Self.flag(&random, share: .ramp(from: ramp.from, to: ramp.to, start: ramp.start, end: ramp.end))
            ]
            let bucketing: Bucketing = round % 2 == 0 ? .v2 : .v3
            let moving = try Self.set(environment, bucketing)
            guard case .ramp(let read)? = moving.definition(of: "f")?.rollout?.share else {
                Issue.record("the ramp isn't there")
                continue
            }
            let times = [0, start - 1, start, ramp.end - 1, ramp.end, ramp.end + 9_999] + read.steps.map(\.at)
            for time in times.shuffled(using: &random).prefix(8) {
                let share = read.percentage(at: time)
                environment.flags["f"]?.rollout?.share = .fixed(share.hundredths)
                let fixed = try Self.set(environment, bucketing)
                #expect(Self.taken("f", moving, at: time) == Self.taken("f", fixed), "\(ramp) at \(time)")
            }
            #expect(read.percentage(at: ramp.end).hundredths == ramp.to)
            #expect(read.percentage(at: start - 1).hundredths == ramp.from)
        }
    }

    @Test(arguments: 31...34) func nothingMovesBetweenTheStepsThatAreAnnounced(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var moves = 0
        for _ in 0..<3 {
            var environment = RandomEnvironment(&random)
            for key in RandomEnvironment.flagKeys where random.happens(70) {
                let start = Int64(random.below(200))
                let requires = environment.flags[key]?.requires ?? []
                environment.flags[key] = Self.flag(
                    &random,
                    share: .ramp(
                        from: random.share(), to: random.share(), start: start, end: start + 1 + Int64(random.below(60))
                    ))
                environment.flags[key]?.requires = requires
            }
            let set = try Self.set(environment, .v2)
            let contexts = Self.contexts.shuffled(using: &random).prefix(8)
            func answers(_ time: Int64) -> [String: [Evaluation]] {
                var answers: [String: [Evaluation]] = [:]
                for key in RandomEnvironment.flagKeys {
                    answers[key] = contexts.map { set.evaluate(key, context: $0, unixSeconds: time) }
                }
                return answers
            }
            var time: Int64 = -1
            var held = answers(time)
            while let next = set.nextStep(after: time) {
                #expect(next.at > time)
                #expect(answers(next.at - 1) == held, "between \(time) and \(next.at)")
                time = next.at
                let moved = answers(time)
                let changed = RandomEnvironment.flagKeys.filter { moved[$0] != held[$0] }
                #expect(Set(changed).isSubset(of: next.flags), "\(changed) at \(time), announced \(next.flags)")
                held = moved
                moves += changed.count
            }
            #expect(answers(1_000_000) == held)
        }
        #expect(moves > 3)
    }

    @Test(arguments: 41...44) func anExplanationEndsWithTheAnswer(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<25 {
            let environment = RandomEnvironment(&random)
            var set = try Self.set(environment, random.happens(50) ? .v2 : .v3)
            for (key, kill) in environment.kills { try set.put(kill: key, storedBytes: kill.storedBytes) }
            for key in RandomEnvironment.flagKeys {
                let context = random.user().context
                let time = Int64(random.below(1_500))
                let answer = set.evaluate(key, context: context, unixSeconds: time)
                let explanation = try #require(set.explain(key, context: context, unixSeconds: time))
                #expect(explanation.evaluation == answer)
                guard answer.reason != .disabled else { continue }
                // What was decided last is what was answered, worked out by another path.
                #expect(
                    explanation.steps.last?.result == (answer.variant.map { .string($0) } ?? .null),
                    "\(key): \(explanation.json.compactText())")
            }
        }
    }
}

extension FlagSet {
    fileprivate mutating func put(_ flag: RandomEnvironment.Flag, _ key: String) throws {
        try put(flag: key, storedBytes: RandomEnvironment.json(of: flag, key).canonicalBytes())
    }

    fileprivate mutating func put(_ group: RandomEnvironment.Group, _ name: String) throws {
        guard case .object(var terms) = RandomEnvironment.json(of: group) else { return }
        terms["members"] = nil
        try put(
            pilot: name, storedBytes: JSONValue.object(terms).canonicalBytes(), members: MemberSet(group.members))
    }
}
