import Flags
import HashTreeCollections
import JSON
import Replication

/// Whether what flags require is there, has the variants, and makes no circle and no tower, once a plan is carried out. A
/// component is a flag here that requires nothing, and its versions are variants. It costs by what the plan changes and by the
/// chains around that, whatever the environment holds besides.
struct PrerequisiteCheck {
    /// Flags in a chain, the one that is asked for not counted.
    static let mostLevels = 16
    /// Flags that one lookup may have to evaluate, itself included, each as often as it is asked.
    static let mostEvaluations = Prerequisites.mostAsked + 1

    private let state: EnvironmentState
    /// What the plan puts.
    let brought: [ExactString: JSONValue]
    let order: [ExactString]
    private let deleted: Set<ExactString>
    /// Flags of the plan that will require others than they do.
    var rewired: [ExactString] = []
    /// Flag → flags of the plan that require it.
    private var dependents: [ExactString: [ExactString]] = [:]
    /// What was read already.
    private var required: [ExactString: [FlagVariant]] = [:]
    private var chains: [ExactString: Chain] = [:]

    /// What evaluating a flag may come to.
    private struct Chain {
        var levels = 0
        var evaluations = 1

        var isTooLong: Bool { levels > mostLevels || evaluations > mostEvaluations }
    }

    init(_ flags: [PlanConflict.Brought], deleted: Set<ExactString>, on state: EnvironmentState) {
        self.state = state
        self.deleted = deleted
        brought = Dictionary(
            flags.map { (ExactString($0.key), StoredFlag.json($0.bytes)) }, uniquingKeysWith: { _, last in last })
        order = flags.map { ExactString($0.key) }
        for key in order {
            let stored = stored(key)
            if stored?["prerequisites"] != brought[key]?["prerequisites"] { rewired.append(key) }
            for prerequisite in prerequisites(of: key) {
                dependents[ExactString(prerequisite.flag), default: []].append(key)
            }
        }
    }

    mutating func conflicts() -> [PlanConflict] {
        var conflicts: [PlanConflict] = []
        for key in order { conflicts += missing(to: key) + takenAway(from: key) }
        for key in deleted.sorted() { conflicts += takenAway(from: key) }
        let circles = circles()
        // Chains have no length while they go round.
        guard circles.isEmpty else { return conflicts + circles }
        return conflicts + tooLong()
    }

    // MARK: What there will be

    mutating func prerequisites(of key: ExactString) -> [FlagVariant] {
        if let known = required[key] { return known }
        let read = definition(of: key).map { StoredFlag.prerequisites(in: $0) } ?? []
        required[key] = read
        return read
    }

    /// Nil where there will be no such flag or component.
    func definition(of key: ExactString) -> JSONValue? {
        if let new = brought[key] { return new }
        guard !deleted.contains(key) else { return nil }
        return stored(key)
    }

    func stored(_ key: ExactString) -> JSONValue? {
        state.log.staged.bytes(of: EntryKey(deciding: key.text)).map { StoredFlag.json($0) }
    }

    /// The flags that will require this one directly, sorted.
    func flags(requiring key: ExactString) -> [ExactString] {
        let kept = state.references.flags(requiring: key.text).lazy.map { ExactString($0) }
            .filter { brought[$0] == nil && !deleted.contains($0) }
        return (Array(kept) + (dependents[key] ?? [])).sorted()
    }

    // MARK: Flags and variants, components and versions

    /// What a flag of the plan requires and won't be there.
    private mutating func missing(to key: ExactString) -> [PlanConflict] {
        prerequisites(of: key).enumerated().compactMap { index, prerequisite in
            let place = JSONPointer().appending("prerequisites").appending(index)
            let required = ExactString(prerequisite.flag)
            // Said of the flag that goes away.
            guard !deleted.contains(required) else { return nil }
            let subject = Subject(prerequisite.flag)
            guard let definition = definition(of: required) else {
                return PlanConflict(
                    flag: key.text, pointer: place.appending(subject.kind),
                    message: "there is no \(subject.title) to require",
                    hint: NearestName.of(subject.name, among: names(of: subject.entry.kind))
                        .map { "did you mean \"\($0)\"?" } ?? "create it first, or in the same change")
            }
            guard let variants = definition[subject.variants]?.objectValue, variants[prerequisite.variant] == nil else {
                return nil
            }
            return PlanConflict(
                flag: key.text, pointer: place.appending(subject.variant),
                message: "\(subject.title) has no \(subject.variant) \"\(prerequisite.variant)\" to require",
                hint: NearestName.hint(
                    for: prerequisite.variant, among: variants.keys,
                    fallback: "\(subject.showCommand) shows its \(subject.variants)"))
        }
    }

    /// Those that are there or come.
    private func names(of kind: EntryKind) -> [String] {
        let coming = brought.keys.map { EntryKey(deciding: $0.text) }
        return (Array(state.log.staged.entries.keys) + coming).filter { $0.kind == kind }.map(\.name)
    }

    /// What flags that the plan leaves alone require of this one, and would lose; of one that is deleted, what any flag
    /// requires.
    private mutating func takenAway(from key: ExactString) -> [PlanConflict] {
        let subject = Subject(key.text)
        guard let definition = definition(of: key) else {
            return flags(requiring: key).map { dependent in
                PlanConflict(
                    flag: key.text, pointer: JSONPointer(),
                    message: "\(subject.title) would be deleted, and \"\(dependent.text)\" requires it",
                    hint: "take it out of the prerequisites of \"\(dependent.text)\" first")
            }
        }
        let gone = (stored(key)?[subject.variants]?.objectValue?.keys ?? [])
            .filter { definition[subject.variants]?[$0] == nil }
        guard !gone.isEmpty else { return [] }
        let name = subject.entry.kind == .flag ? "\"\(key.text)\"" : subject.title
        return flags(requiring: key).filter { brought[$0] == nil }.flatMap { dependent in
            prerequisites(of: dependent)
                .filter { item in item.flag.isExactly(key.text) && gone.contains { $0.isExactly(item.variant) } }
                .map { prerequisite in
                    PlanConflict(
                        flag: key.text, pointer: JSONPointer().appending(subject.variants),
                        message:
                            "flag \"\(dependent.text)\" requires the \(subject.variant) \"\(prerequisite.variant)\" "
                            + "of \(name), which would be gone",
                        hint: "keep the \(subject.variant), or change the prerequisites of \"\(dependent.text)\" first")
                }
        }
    }

    // MARK: Circles and chains

    /// A new circle goes through a flag of the plan; each is said once, of the first of its flags that is met.
    private mutating func circles() -> [PlanConflict] {
        var conflicts: [PlanConflict] = []
        var done: Set<ExactString> = []
        for start in rewired where !done.contains(start) {
            guard let path = circle(from: start, &done) else { continue }
            let names = (path + path.prefix(1)).map { "\"\($0.text)\"" }.joined(separator: " requires ")
            let flag = path.first { brought[$0] != nil } ?? start
            conflicts.append(
                PlanConflict(
                    flag: flag.text, pointer: JSONPointer().appending("prerequisites"),
                    message: "the prerequisites go round in a circle: \(names)", hint: "take one of them out"))
        }
        return conflicts
    }

    /// Walks along what is required until a flag is met that is on the way already. Without recursion: a document may hold
    /// a chain of any length.
    private mutating func circle(from start: ExactString, _ done: inout Set<ExactString>) -> [ExactString]? {
        var path: [(key: ExactString, next: [ExactString])] = []
        var places: [ExactString: Int] = [:]
        func enter(_ key: ExactString) {
            places[key] = path.count
            path.append((key, prerequisites(of: key).reversed().map { ExactString($0.flag) }))
        }
        enter(start)
        while let last = path.indices.last {
            guard let next = path[last].next.popLast() else {
                let key = path.removeLast().key
                places[key] = nil
                done.insert(key)
                continue
            }
            if let place = places[next] {
                let keys = path.map(\.key)
                done.formUnion(keys)
                return Array(keys[place...])
            }
            if !done.contains(next) { enter(next) }
        }
        return nil
    }

    /// A flag of the plan makes its own chain longer, and those of all that require it. Said where a chain first gets too
    /// long, not of every flag above that.
    private mutating func tooLong() -> [PlanConflict] {
        var conflicts: [PlanConflict] = []
        let rewiredSet = Set(rewired)
        for key in rewired {
            guard let (flag, chain) = tooLong(above: key, besides: rewiredSet) else { continue }
            let through = flag == key ? "" : ", which the flag \"\(flag.text)\" asks through"
            let pointer = JSONPointer().appending("prerequisites")
            if chain.levels > Self.mostLevels {
                conflicts.append(
                    PlanConflict(
                        flag: key.text, pointer: pointer,
                        message: "the chain of prerequisites is \(chain.levels) flags long\(through); at most "
                            + "\(Self.mostLevels) are taken", hint: "require the last flag of the chain directly"))
            } else {
                conflicts.append(
                    PlanConflict(
                        flag: key.text, pointer: pointer,
                        message: "one lookup could have to evaluate \(chain.evaluations) flags for the "
                            + "prerequisites\(through); at most \(Self.mostEvaluations) are taken",
                        hint: "require fewer flags, or such as require fewer themselves"))
            }
        }
        return conflicts
    }

    /// The first flag that is beyond a limit among this one and those that require it, directly or through others; those
    /// of the plan speak for themselves.
    private mutating func tooLong(
        above key: ExactString, besides others: Set<ExactString>
    ) -> (flag: ExactString, chain: Chain)? {
        var open = [key]
        var seen: Set<ExactString> = [key]
        while let next = open.popLast() {
            let chain = chain(of: next)
            if chain.isTooLong {
                // What is too long further down is said there.
                let isSaid = prerequisites(of: next).contains { chains[ExactString($0.flag)]?.isTooLong == true }
                return isSaid ? nil : (next, chain)
            }
            for dependent in flags(requiring: next)
            where !others.contains(dependent) && seen.insert(dependent).inserted { open.append(dependent) }
        }
        return nil
    }

    /// Without recursion, as above; each flag is worked out once, and one that is met again on the way down not waited for.
    private mutating func chain(of key: ExactString) -> Chain {
        var open = [key]
        var begun: Set<ExactString> = []
        while let next = open.last {
            begun.insert(next)
            let required = prerequisites(of: next).map { ExactString($0.flag) }
            let unknown = required.filter { chains[$0] == nil && !begun.contains($0) }
            guard unknown.isEmpty else {
                open += unknown
                continue
            }
            open.removeLast()
            var chain = Chain()
            for one in required.compactMap({ chains[$0] }) {
                chain.levels = max(chain.levels, one.levels + 1)
                // Beyond the limit it doesn't matter by how much, and no sum can overflow.
                chain.evaluations = min(chain.evaluations + one.evaluations, 1_000_000)
            }
            chains[next] = chain
        }
        return chains[key] ?? Chain()
    }
}
