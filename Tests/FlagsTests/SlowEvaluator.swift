import Flags
import JSON

/// The order of evaluation, written down a second time and plainly: one question after the other, nothing compiled.
/// Buckets as flagd's `v2` has them.
struct SlowEvaluator {
    struct Answer: Equatable {
        var variant: String?
        var value: JSONValue?
        var reason: Reason
    }

    let environment: RandomEnvironment
    let user: RandomEnvironment.User
    let unixSeconds: Int64

    func answer(_ key: String) -> Answer? {
        guard let flag = environment.flags[key] else { return nil }
        if flag.isDisabled { return Answer(reason: .disabled) }
        if let kill = environment.kills[key] {
            let value =
                flag.variants.contains(kill.variant) ? RandomEnvironment.value(of: kill.variant, in: key) : kill.value
            return Answer(variant: kill.variant, value: value, reason: .static)
        }
        for required in flag.requires where answer(required.flag)?.variant != required.variant {
            return byDefault(flag, key, .default)
        }
        if let variant = targeted(flag) ?? flag.rollout.flatMap({ rolledOut($0, key) }) {
            return Answer(
                variant: variant, value: RandomEnvironment.value(of: variant, in: key), reason: .targetingMatch)
        }
        let hasRules = !flag.requires.isEmpty || !flag.targeting.isEmpty || flag.rollout != nil
        return byDefault(flag, key, hasRules ? .default : .static)
    }

    private func byDefault(_ flag: RandomEnvironment.Flag, _ key: String, _ reason: Reason) -> Answer {
        guard let variant = flag.defaultVariant else { return Answer(reason: .default) }
        return Answer(variant: variant, value: RandomEnvironment.value(of: variant, in: key), reason: reason)
    }

    private func targeted(_ flag: RandomEnvironment.Flag) -> String? {
        for branch in flag.targeting where holds(branch.condition) { return branch.variant }
        return flag.otherwise
    }

    private func rolledOut(_ rollout: RandomEnvironment.Rollout, _ key: String) -> String? {
        if let name = user.key, rollout.excludedUsers.contains(name) { return nil }
        if rollout.excludedPilots.contains(where: { isMember(of: $0) }) { return nil }
        if rollout.pilots.contains(where: { isMember(of: $0) }) { return rollout.variant }
        let share = share(of: rollout)
        if share == 0 { return nil }
        if share == 10_000 { return rollout.variant }
        guard let subject = subject(of: rollout) else { return nil }
        return Self.bucket(of: (rollout.salt ?? key) + subject) < share ? rollout.variant : nil
    }

    /// What is bucketed by; nil for nothing at all.
    private func subject(of rollout: RandomEnvironment.Rollout) -> String? {
        let text: String? =
            switch rollout.bucketBy {
            case nil: user.key
            case "plan": user.plan
            case "company": user.company.map { $0.stringValue ?? $0.compactText() }
            default: nil
            }
        return text == "" ? nil : text
    }

    /// In whole steps of a hundredth of a percent, no more than a hundred of them and no more than there are seconds.
    private func share(of rollout: RandomEnvironment.Rollout) -> Int {
        switch rollout.share {
        case .fixed(let share): return share
        case .ramp(let from, let to, let start, let end):
            let count = min(100, abs(to - from), Int(end - start))
            guard count > 0 else { return from }
            var share = from
            for step in 1...count where Int(unixSeconds - start) * count >= Int(end - start) * step {
                share = from + (to - from) * step / count
            }
            return share
        }
    }

    private func isMember(of name: String) -> Bool {
        guard let group = environment.groups[name] else { return false }
        if let key = user.key, !key.isEmpty {
            if group.exclude.contains(key) { return false }
            if group.members.contains(key) { return true }
            if Self.bucket(of: "pilot:\(name)\(key)") < group.share { return true }
        } else if group.share == 10_000 {
            return true
        }
        return group.rule.map { holds($0) } ?? false
    }

    private func holds(_ condition: RandomEnvironment.Condition) -> Bool {
        switch condition {
        case .plan(let plan): user.plan == plan
        case .inPilot(let name): isMember(of: name)
        case .isOneOf(let users): user.key.map { users.contains($0) } ?? false
        case .not(let condition): !holds(condition)
        case .both(let first, let second): holds(first) && holds(second)
        case .either(let first, let second): holds(first) || holds(second)
        }
    }

    /// Among 10,000.
    static func bucket(of text: String) -> Int { Int((UInt64(murmur3(Array(text.utf8))) * 10_000) >> 32) }

    /// MurmurHash3, 32 bits, seed 0.
    private static func murmur3(_ bytes: [UInt8]) -> UInt32 {
        func mixed(_ word: UInt32) -> UInt32 {
            let product = word &* 0xCC9E_2D51
            return (product << 15 | product >> 17) &* 0x1B87_3593
        }
        var hash: UInt32 = 0
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let block = bytes[start..<min(start + 4, bytes.count)]
            var word: UInt32 = 0
            for (index, byte) in block.enumerated() { word |= UInt32(byte) << (8 * UInt32(index)) }
            hash ^= mixed(word)
            if block.count == 4 { hash = (hash << 13 | hash >> 19) &* 5 &+ 0xE654_6B64 }
        }
        hash ^= UInt32(bytes.count)
        hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
        hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
        return hash ^ hash >> 16
    }
}
