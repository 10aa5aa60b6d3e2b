import Flags
import JSON
import Replication

/// What lookups see, compared with what the model says they must.
struct ContentComparison {
    let live: LiveView
    /// What control stored at the revision of `live`.
    let content: Content
    /// The same as this agent must show it: last good forms in the place of broken ones, and under the kills that
    /// reached it ahead of their turn.
    let shown: Content

    struct Difference: Hashable {
        var invariant: Invariant
        var text: String
    }

    /// The first one.
    var difference: Difference? {
        for (key, form) in shown.flags {
            let isBroken = content.flags[key]?.isBroken ?? false
            guard let text = wrongAnswer(key, form) else { continue }
            return Difference(invariant: isBroken ? .quarantineIsExact : .contentOfItsRevision, text: text)
        }
        return extraFlag ?? groupDifference ?? quarantineDifference
    }

    private var extraFlag: Difference? {
        let held = live.flags.flagKeys + live.flags.componentNames.map { ComponentKey.flagKey(of: $0) }
        guard held.count != shown.flags.count,
            let extra = held.first(where: { shown.flags[ExactString($0)] == nil })
        else { return nil }
        return content.flags[ExactString(extra)] == nil
            ? Difference(invariant: .contentOfItsRevision, text: "\(extra) is there and shouldn't be")
            : Difference(invariant: .quarantineIsExact, text: "\(extra) never had a form that could be shown")
    }

    private var groupDifference: Difference? {
        guard Set(live.flags.pilotNames) == Set(content.groups.keys) else {
            return Difference(
                invariant: .contentOfItsRevision,
                text: "pilot groups \(live.flags.pilotNames) instead of \(content.groups.keys.sorted())")
        }
        for (name, group) in content.groups {
            guard let held = live.flags.members(ofPilot: name), held.count == group.members.count,
                group.members.allSatisfy({ held.contains($0) })
            else { return Difference(invariant: .contentOfItsRevision, text: "other members in \(name)") }
        }
        return nil
    }

    private var quarantineDifference: Difference? {
        guard live.quarantined != content.quarantined else { return nil }
        return Difference(
            invariant: .quarantineIsExact, text: "quarantined \(live.quarantined) instead of \(content.quarantined)")
    }

    private func wrongAnswer(_ key: ExactString, _ form: FlagForm) -> String? {
        if let text = wrongAnswer(key, for: ChangeSource.users[0]) { return text }
        guard form.hasRules || shown.release?.keys.contains(key.text) == true else { return nil }
        // The last of them has no name.
        let other = 1 + form.stamp % ChangeSource.users.count
        return wrongAnswer(key, for: other < ChangeSource.users.count ? ChangeSource.users[other] : nil)
    }

    private func wrongAnswer(_ key: ExactString, for user: String?) -> String? {
        let evaluation = live.flags.evaluate(
            key.text, context: EvaluationContext(targetingKey: user), unixSeconds: 0)
        // A component's value is the name of a version; what bears the stamp of its change is where that is found.
        let answer = evaluation.metadata["upstream"] ?? evaluation.value
        let expected = shown.answer(of: key, for: user)
        let isRight =
            switch expected {
            case .nothing: answer == nil && live.flags.definition(of: key.text) != nil
            case .value(let text): answer == .string(text)
            // In between a group may be asked about that isn't there.
            case .either(let first, let second):
                answer == nil || answer == .string(first) || answer == .string(second)
            }
        guard !isRight else { return nil }
        return "\(key) answers \(answer?.compactText() ?? "nothing") for \(user ?? "a user without a key"), "
            + "not \(expected)"
    }
}
