import Flags
import HashTreeCollections
import JSON
import Replication

/// For which of many users a plan would change the answers of which flags and components, and how. Measured, not estimated:
/// each that the plan may touch is evaluated for each user, before and after.
struct BlastRadius: Sendable {
    /// From one variant to another; nil for none. One variant twice: its value changes.
    struct Move: Sendable, Hashable {
        var from: ExactString?
        var to: ExactString?
    }

    struct Moved: Sendable, Hashable {
        var count = 0
        /// The first few of them.
        var sample: [String] = []
    }

    struct Flag: Sendable {
        /// The flag key.
        var key: String
        var changed = 0
        var moves: [Move: Moved] = [:]
    }

    /// Those with an effect, the one that changes most first.
    private(set) var flags: [Flag] = []
    /// Users for whom anything changes.
    private(set) var touched = 0
    let users: Int

    private static let sampleSize = 5
    /// About half a minute's work.
    private static let mostEvaluations = 50_000_000

    init(of plan: ChangePlan, on state: EnvironmentState, for users: UserList, at unixSeconds: Int64) throws(Refusal) {
        self.users = users.keys.count
        let sets = Self.compile(plan, state)
        let work = 2 * sets.changed.count * users.keys.count
        guard work <= Self.mostEvaluations else {
            throw Refusal(
                .invalid, "Too much to evaluate",
                detail: "\(sets.changed.count) flags for \(users.keys.count) users, before and after, are \(work) "
                    + "evaluations; \(Self.mostEvaluations) are the most", hint: "ask about fewer users, a sample say")
        }
        var isTouched = [Bool](repeating: false, count: users.keys.count)
        for key in sets.changed.sorted().map(\.text) {
            var flag = Flag(key: key)
            for (index, user) in users.keys.enumerated() {
                let context = EvaluationContext(targetingKey: user)
                let before = sets.before.evaluate(key, context: context, unixSeconds: unixSeconds)
                let after = sets.after.evaluate(key, context: context, unixSeconds: unixSeconds)
                let move = Move(
                    from: before.variant.map { ExactString($0) }, to: after.variant.map { ExactString($0) })
                guard before.value != after.value || move.from != move.to else { continue }
                flag.changed += 1
                isTouched[index] = true
                flag.moves[move, default: Moved()].count += 1
                if flag.moves[move]?.sample.count ?? 0 < Self.sampleSize { flag.moves[move]?.sample.append(user) }
            }
            if flag.changed > 0 { flags.append(flag) }
        }
        // Stable: flags that change as much stay in the order of their keys.
        flags.sort { $0.changed > $1.changed }
        touched = isTouched.count { $0 }
    }

    /// Everything that the plan may touch, compiled as it is and as it would be, and the flags whose answers may differ.
    private static func compile(
        _ plan: ChangePlan, _ state: EnvironmentState
    ) -> (before: FlagSet, after: FlagSet, changed: Set<ExactString>) {
        var keys: Set<ExactString> = []
        for change in plan.changes {
            if let key = change.key.kind == .kill ? change.key.name : change.key.flagKey {
                keys.insert(ExactString(key))
            } else {
                keys.formUnion(state.references.flags(naming: change.key).map { ExactString($0) })
            }
        }
        var open = Array(keys)
        while let key = open.popLast() {
            for dependent in state.references.flags(requiring: key.text).map({ ExactString($0) })
            where keys.insert(dependent).inserted { open.append(dependent) }
        }
        // What they will require must be there too.
        for (_, uses) in plan.references { keys.formUnion(uses.compactMap(\.flagKey).map { ExactString($0) }) }
        var quarantine = Quarantine()
        let before = FlagSet.compiled(keys.map(\.text), from: state.committed, quarantine: &quarantine)
        var target = state.committed
        target.apply(plan.changes)
        var after = before
        let changed = after.apply(plan.changes, leadingTo: target, quarantine: &quarantine)
        return (before, after, changed)
    }

    var json: JSONObject {
        [
            "blastRadius": .array(flags.map { $0.json(of: users) }),
            "usersTouched": .integer(Int64(touched)), "users": .integer(Int64(users)),
        ]
    }
}

extension BlastRadius.Flag {
    /// The move of most users first.
    fileprivate func json(of users: Int) -> JSONValue {
        let sorted = moves.sorted {
            if $0.value.count != $1.value.count { return $0.value.count > $1.value.count }
            return ($0.key.from ?? "", $0.key.to ?? "") < ($1.key.from ?? "", $1.key.to ?? "")
        }
        let subject = Subject(key)
        return .object([
            subject.kind: .string(subject.name), "changed": .integer(Int64(changed)), "of": .integer(Int64(users)),
            "moves": .array(
                sorted.map { move, moved in
                    .object([
                        "from": move.from.map { .string($0.text) } ?? .null,
                        "to": move.to.map { .string($0.text) } ?? .null,
                        "count": .integer(Int64(moved.count)),
                        "sample": .array(moved.sample.map { .string($0) }),
                    ])
                }),
        ])
    }
}
