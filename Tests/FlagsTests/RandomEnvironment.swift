import Flags
import Harness
import JSON

/// Flags, groups and kills drawn from a seed, as plain values: what the documents are written from, and what
/// `SlowEvaluator` answers by.
struct RandomEnvironment {
    indirect enum Condition {
        case plan(String)
        case inPilot(String)
        case isOneOf([String])
        case not(Condition)
        case both(Condition, Condition)
        case either(Condition, Condition)
    }

    struct Rollout {
        enum Share {
            case fixed(Int)
            case ramp(from: Int, to: Int, start: Int64, end: Int64)
        }

        var variant: String
        /// Hundredths of a percent.
        var share: Share
        var pilots: [String] = []
        var excludedUsers: [String] = []
        var excludedPilots: [String] = []
        var bucketBy: String?
        var salt: String?
    }

    struct Flag {
        var isDisabled = false
        /// Names; a value is the flag's key, a stroke and the name.
        var variants: [String]
        var defaultVariant: String?
        /// The first that is true gives its variant, or null; so does what follows them all.
        var targeting: [(condition: Condition, variant: String?)] = []
        var otherwise: String?
        var rollout: Rollout?
        var requires: [(flag: String, variant: String)] = []
    }

    struct Group {
        var members: [String] = []
        var rule: Condition?
        /// Hundredths of a percent.
        var share = 0
        var exclude: [String] = []
    }

    struct User {
        var key: String?
        var plan: String?
        var company: JSONValue?

        var context: EvaluationContext {
            var attributes = JSONObject()
            if let plan { attributes["plan"] = .string(plan) }
            if let company { attributes["company"] = company }
            return EvaluationContext(targetingKey: key, attributes: attributes)
        }
    }

    /// In the order of their names; one requires only those before it.
    var flags: [String: Flag] = [:]
    var groups: [String: Group] = [:]
    var kills: [String: Kill] = [:]

    static let flagKeys = (0..<6).map { "flag-\($0)" }
    static let groupNames = ["beta", "early", "staff"]
    static let userKeys = (0..<30).map { "user-\($0)" }
    static let plans = ["gold", "free", "trial"]

    init(_ random: inout SeededRandom) {
        for name in Self.groupNames { groups[name] = random.group() }
        for (index, key) in Self.flagKeys.enumerated() {
            flags[key] = random.flag(after: Self.flagKeys[..<index], of: flags)
            if random.happens(15) { kills[key] = random.kill(flags[key]?.variants ?? []) }
        }
    }

    static func value(of variant: String, in flag: String) -> JSONValue { .string("\(flag)/\(variant)") }

    // MARK: As documents

    var document: JSONValue {
        var flags = JSONObject()
        for key in Self.flagKeys { flags[key] = self.flags[key].map { Self.json(of: $0, key) } }
        var pilots = JSONObject()
        for name in Self.groupNames { pilots[name] = groups[name].map { Self.json(of: $0) } }
        return ["flags": .object(flags), "pilots": .object(pilots)]
    }

    static func json(of flag: Flag, _ key: String) -> JSONValue {
        var variants = JSONObject()
        for variant in flag.variants { variants[variant] = value(of: variant, in: key) }
        var object: JSONObject = [
            "state": flag.isDisabled ? "DISABLED" : "ENABLED", "variants": .object(variants),
            "defaultVariant": flag.defaultVariant.map { .string($0) } ?? .null,
        ]
        if !flag.targeting.isEmpty {
            let branches = flag.targeting.flatMap { [json(of: $0.condition), $0.variant.map { .string($0) } ?? .null] }
            object["targeting"] = ["if": .array(branches + [flag.otherwise.map { .string($0) } ?? .null])]
        }
        if let rollout = flag.rollout { object["rollout"] = json(of: rollout) }
        if !flag.requires.isEmpty {
            object["prerequisites"] = .array(
                flag.requires.map { ["flag": .string($0.flag), "variant": .string($0.variant)] })
        }
        return .object(object)
    }

    private static func json(of rollout: Rollout) -> JSONValue {
        var object: JSONObject = ["variant": .string(rollout.variant)]
        switch rollout.share {
        case .fixed(let share): object["percentage"] = percent(share)
        case .ramp(let from, let to, let start, let end):
            object["ramp"] = ["from": percent(from), "to": percent(to), "start": .integer(start), "end": .integer(end)]
        }
        if !rollout.pilots.isEmpty { object["pilots"] = texts(rollout.pilots) }
        if !rollout.excludedUsers.isEmpty || !rollout.excludedPilots.isEmpty {
            object["exclude"] = ["users": texts(rollout.excludedUsers), "pilots": texts(rollout.excludedPilots)]
        }
        if let bucketBy = rollout.bucketBy { object["bucketBy"] = .string(bucketBy) }
        if let salt = rollout.salt { object["salt"] = .string(salt) }
        return .object(object)
    }

    static func json(of group: Group) -> JSONValue {
        var object: JSONObject = ["members": texts(group.members)]
        if let rule = group.rule { object["rule"] = json(of: rule) }
        if group.share > 0 { object["percentage"] = percent(group.share) }
        if !group.exclude.isEmpty { object["exclude"] = texts(group.exclude) }
        return .object(object)
    }

    private static func json(of condition: Condition) -> JSONValue {
        switch condition {
        case .plan(let plan): ["==": [["var": "plan"], .string(plan)]]
        case .inPilot(let pilot): ["in_pilot": .string(pilot)]
        case .isOneOf(let users): ["in": [["var": "targetingKey"], texts(users)]]
        case .not(let condition): ["!": [json(of: condition)]]
        case .both(let first, let second): ["and": [json(of: first), json(of: second)]]
        case .either(let first, let second): ["or": [json(of: first), json(of: second)]]
        }
    }

    private static func percent(_ hundredths: Int) -> JSONValue {
        hundredths % 100 == 0 ? .integer(Int64(hundredths / 100)) : .double(Double(hundredths) / 100)
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

extension SeededRandom {
    mutating func happens(_ percent: Int) -> Bool { below(100) < percent }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    mutating func some(of elements: [String], _ most: Int) -> [String] {
        Array(elements.shuffled(using: &self).prefix(below(most + 1)))
    }

    mutating func share() -> Int {
        let usual = [0, 1, 500, 2_500, 5_000, 9_999, 10_000]
        return happens(70) ? pick(usual) : below(10_001)
    }

    mutating func user() -> RandomEnvironment.User {
        .init(
            key: happens(15) ? pick([nil, ""]) : pick(RandomEnvironment.userKeys),
            plan: happens(30) ? nil : pick(RandomEnvironment.plans),
            company: pick([nil, "", .integer(Int64(below(5))), .string("company-\(below(5))")]))
    }

    mutating func condition(depth: Int = 2, asksGroups: Bool = true) -> RandomEnvironment.Condition {
        if depth > 0, happens(35) {
            let first = condition(depth: depth - 1, asksGroups: asksGroups)
            switch below(3) {
            case 0: return .not(first)
            case 1: return .both(first, condition(depth: depth - 1, asksGroups: asksGroups))
            default: return .either(first, condition(depth: depth - 1, asksGroups: asksGroups))
            }
        }
        switch below(asksGroups ? 3 : 2) {
        case 0: return .plan(pick(RandomEnvironment.plans))
        case 1: return .isOneOf([pick(RandomEnvironment.userKeys)] + some(of: ["ann", "bob"], 2))
        default: return .inPilot(pick(RandomEnvironment.groupNames))
        }
    }

    mutating func group() -> RandomEnvironment.Group {
        .init(
            members: some(of: RandomEnvironment.userKeys, 6),
            rule: happens(40) ? condition(asksGroups: false) : nil, share: happens(40) ? share() : 0,
            exclude: happens(40) ? some(of: RandomEnvironment.userKeys, 5) : [])
    }

    mutating func kill(_ variants: [String]) -> Kill {
        let variant = happens(20) ? "gone" : pick(variants)
        return Kill(variant: variant, value: .string("killed/\(variant)"))
    }

    mutating func rollout(_ variants: [String]) -> RandomEnvironment.Rollout {
        var rollout = RandomEnvironment.Rollout(variant: pick(variants), share: .fixed(share()))
        if happens(35) {
            let start = Int64(below(1_000))
            rollout.share = .ramp(from: share(), to: share(), start: start, end: start + 1 + Int64(below(500)))
        }
        rollout.pilots = some(of: RandomEnvironment.groupNames, 2)
        rollout.excludedUsers = some(of: RandomEnvironment.userKeys, 3)
        rollout.excludedPilots = RandomEnvironment.groupNames.filter { !rollout.pilots.contains($0) && happens(20) }
        if happens(30) { rollout.bucketBy = pick(["company", "plan", "nothing"]) }
        if happens(30) { rollout.salt = pick(["spring", "é"]) }
        return rollout
    }

    mutating func flag(
        after keys: ArraySlice<String>, of flags: [String: RandomEnvironment.Flag]
    ) -> RandomEnvironment.Flag {
        let variants = Array(["on", "off", "third"].prefix(2 + below(2)))
        var flag = RandomEnvironment.Flag(variants: variants, defaultVariant: happens(10) ? nil : pick(variants))
        flag.isDisabled = happens(5)
        if happens(55) { flag.rollout = rollout(variants) }
        if happens(45) {
            flag.targeting = (0...below(3)).map { _ in (condition(), happens(30) ? nil : pick(variants)) }
            // Where targeting always gives something, no rollout is taken.
            if flag.rollout == nil, happens(50) { flag.otherwise = pick(variants) }
        }
        for key in keys.shuffled(using: &self).prefix(happens(35) ? 1 + below(2) : 0) {
            flag.requires.append((key, pick(flags[key]?.variants ?? ["on"])))
        }
        return flag
    }
}
