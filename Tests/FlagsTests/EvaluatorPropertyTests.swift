import Flags
import Harness
import JSON
import Testing

/// What must hold of any environment of rollouts, time ramps, prerequisites, kills and groups with terms.
@Suite struct EvaluatorPropertyTests {
    private static let times: [Int64] = [0, 400, 700, 1_000, 2_000]

    /// A set of what the environment's document holds, by way of stored bytes, as agents and control compile it.
    private static func set(
        _ environment: RandomEnvironment, bucketing: Bucketing = .v2, members: MemberSet.Form = .names
    ) throws -> FlagSet {
        var problems: [Problem] = []
        let document = FlagDocument.read(
            environment.document, lenient: false, knownPilots: { _ in false }, problems: &problems)
        let errors = problems.filter { $0.severity == .error }
        try #require(errors.isEmpty, "\(errors)")
        var set = FlagSet(bucketing: bucketing)
        for pilot in document.pilots {
            try set.put(
                pilot: pilot.name, storedBytes: pilot.storedBytes, members: MemberSet(pilot.members, as: members))
        }
        for flag in document.flags { try set.put(flag: flag.key, storedBytes: flag.storedBytes) }
        for (key, kill) in environment.kills { try set.put(kill: key, storedBytes: kill.storedBytes) }
        return set
    }

    @Test(arguments: 1...6) func answersComeInTheOrderOfEvaluation(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var reasons: Set<Reason> = []
        for _ in 0..<40 {
            let environment = RandomEnvironment(&random)
            let form: MemberSet.Form = random.happens(50) ? .names : .hashes
            let set = try Self.set(environment, members: form)
            for _ in 0..<8 {
                let user = random.user()
                let context = user.context
                for time in Self.times {
                    let model = SlowEvaluator(environment: environment, user: user, unixSeconds: time)
                    for key in RandomEnvironment.flagKeys {
                        let answer = set.evaluate(key, context: context, unixSeconds: time)
                        reasons.insert(answer.reason)
                        let found = SlowEvaluator.Answer(
                            variant: answer.variant, value: answer.value, reason: answer.reason)
                        guard model.answer(key) != found || answer.errorCode != nil else { continue }
                        Issue.record(
                            "\(key) for \(user) at \(time): \(answer) in \(environment.document.compactText()), \(environment.kills)"
                        )
                    }
                }
            }
        }
        #expect(reasons == [.static, .default, .targetingMatch, .disabled])
    }

    @Test(arguments: 11...14) func changeByChangeOrAtOnceIsTheSame(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var environment = RandomEnvironment(&random)
        var set = try Self.set(environment)
        let users = (0..<10).map { _ in random.user().context }
        var moved = 0
        for step in 0..<120 {
            let before = Self.answers(set, users)
            let touched = try Self.change(&environment, &set, &random)
            let after = Self.answers(set, users)
            for (key, answers) in after where before[key] != answers {
                moved += 1
                #expect(touched.contains(key), "\(key) changed unannounced")
            }
            guard step % 10 == 0 else { continue }
            #expect(after == Self.answers(try Self.set(environment), users))
        }
        #expect(moved > 20)
    }

    /// Answers of every flag for every user, at every time.
    private static func answers(_ set: FlagSet, _ users: [EvaluationContext]) -> [String: [Evaluation]] {
        var answers: [String: [Evaluation]] = [:]
        for key in set.flagKeys {
            answers[key] = users.flatMap { user in
                times.map { set.evaluate(key, context: user, unixSeconds: $0) }
            }
        }
        return answers
    }

    /// One change of the environment and of the set. Returns the flags that may answer otherwise now.
    private static func change(
        _ environment: inout RandomEnvironment, _ set: inout FlagSet, _ random: inout SeededRandom
    ) throws -> Set<String> {
        let index = random.below(RandomEnvironment.flagKeys.count)
        let key = RandomEnvironment.flagKeys[index]
        let name = random.pick(RandomEnvironment.groupNames)
        switch random.below(6) {
        case 0:
            environment.kills[key] = random.kill(environment.flags[key]?.variants ?? ["on"])
            try set.put(kill: key, storedBytes: environment.kills[key]?.storedBytes ?? [])
        case 1:
            environment.kills[key] = nil
            set.remove(kill: key)
        case 2:
            let group = random.group()
            environment.groups[name] = group
            guard case .object(var terms) = RandomEnvironment.json(of: group) else { break }
            terms["members"] = nil
            try set.put(
                pilot: name, storedBytes: JSONValue.object(terms).canonicalBytes(), members: MemberSet(group.members))
            return Set(set.flags(using: name))
        case 3:
            let members = random.some(of: RandomEnvironment.userKeys, 6)
            environment.groups[name]?.members = members
            set.set(members: MemberSet(members), ofPilot: name)
            return Set(set.flags(using: name))
        default:
            let flag = random.flag(after: RandomEnvironment.flagKeys[..<index], of: environment.flags)
            environment.flags[key] = flag
            // A variant that others required may be gone: they would be refused, and have to be there all the same.
            let bytes = RandomEnvironment.json(of: flag, key).canonicalBytes()
            if random.happens(30) { set.remove(flag: key) }
            try set.put(flag: key, storedBytes: bytes)
        }
        return Set(set.flags(affectedBy: key))
    }

    @Test(arguments: 21...23) func aKillLaidOverIsAKill(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<20 {
            let environment = RandomEnvironment(&random)
            var killed = environment
            var overlay: [ExactString: Kill] = [:]
            for key in random.some(of: RandomEnvironment.flagKeys, 3) {
                killed.kills[key] = random.kill(environment.flags[key]?.variants ?? [])
                overlay[ExactString(key)] = killed.kills[key]
            }
            let users = (0..<10).map { _ in random.user().context }
            let laid = try Self.set(environment).killing(overlay)
            #expect(Self.answers(laid, users) == Self.answers(try Self.set(killed), users))
        }
    }
}
