import HashTreeCollections
import JSON

/// Every flag, component, kill, staged release and pilot group of one environment, compiled. A component is decided as a flag, under a key of
/// its own (`ComponentKey`), and whatever takes a flag's key takes that too. A persistent value: a copy costs nothing, and a change
/// costs by the change.
package struct FlagSet: Sendable {
    private var content: FlagSetContent

    private mutating func change<Result>(_ body: (FlagSetContent) -> Result) -> Result {
        if !isKnownUniquelyReferenced(&content) { content = FlagSetContent(copyOf: content) }
        return body(content)
    }

    /// Of every `fractional` in it.
    package var bucketing: Bucketing {
        get { content.bucketing }
        set { change { $0.bucketing = newValue } }
    }

    /// The agent that evaluates: what releases require of versions is asked of it. Nothing is compiled anew.
    package var identity: ServiceIdentity {
        get { content.identity }
        set { if newValue != content.identity { change { $0.identity = newValue } } }
    }

    package init(bucketing: Bucketing = .v2) { content = FlagSetContent(bucketing: bucketing) }

    package var flagCount: Int { content.flags.count }

    /// Sorted by bytes.
    package var flagKeys: [String] { content.flags.elements.map(\.key.text).sorted { $0.precedesInBytes($1) } }

    /// Sorted by bytes.
    package var componentNames: [String] {
        content.components.elements.compactMap(\.component?.name).sorted { $0.precedesInBytes($1) }
    }

    package func definition(ofComponent name: String) -> ComponentDefinition? {
        flag(ComponentKey.flagKey(of: name))?.component
    }

    package var pilotNames: [String] { content.pilots.elements.map(\.key.text).sorted { $0.precedesInBytes($1) } }

    package func definition(of key: String) -> FlagDefinition? { flag(key)?.definition }

    /// What a flag requires, and what it required before a release that went on for older agents.
    package func prerequisites(of key: String) -> [FlagVariant] { flag(key)?.prerequisites ?? [] }

    func flag(_ key: String) -> CompiledFlag? { content.flag(key) }

    func pilot(_ key: HashedKey) -> CompiledPilot? { content.pilots[key] }

    package func members(ofPilot name: String) -> MemberSet? { content.pilots[name]?.members }

    /// What a group is besides its members; nil for an unknown one.
    package func definition(ofPilot name: String) -> PilotDefinition? {
        content.pilots[name].map { $0.terms?.definition ?? PilotDefinition(name: name) }
    }

    package func kill(of flag: String) -> Kill? { content.kills[ExactString(flag)] }

    /// The keys of the flags that ask about `pilot`, and of all that require one of these; sorted.
    package func flags(using pilot: String) -> [String] { closed(content.users[pilot] ?? []).sorted().map(\.text) }

    /// `key`, and the keys of the flags that require it, directly or through others; sorted.
    package func flags(affectedBy key: String) -> [String] { closed([ExactString(key)]).sorted().map(\.text) }

    private func closed(_ keys: TreeSet<ExactString>) -> Set<ExactString> {
        var found = Set(keys)
        var open = Array(keys)
        while let key = open.popLast() {
            for dependent in content.dependents[key] ?? [] where found.insert(dependent).inserted {
                open.append(dependent)
            }
        }
        return found
    }

    // MARK: Evaluation

    /// Missing → FLAG_NOT_FOUND; disabled → DISABLED, no value; killed → what the kill serves, STATIC; a prerequisite
    /// unmet → default variant, DEFAULT; no rules → default variant, STATIC; targeting, else a release's stage, else the
    /// rollout, gives a variant → TARGETING_MATCH; none does → default variant, DEFAULT; anything else → GENERAL; a fault on
    /// the way → PARSE_ERROR. Where a launched release requires more than `identity` has, all that as before the release.
    package func evaluate(_ key: String, context: EvaluationContext, unixSeconds: Int64) -> Evaluation {
        guard let flag = flag(key) else {
            return .failure(.flagNotFound, "there is no \(ComponentKey.title(of: key))")
        }
        var steps = Work.mostSteps
        return flag.evaluate(context, unixSeconds: unixSeconds, in: self, steps: &steps)
    }

    /// When a time ramp or an opening changes answers next, and of which flags (those that require them included), sorted.
    package func nextStep(after unixSeconds: Int64) -> (at: Int64, flags: [String])? {
        var next: Int64?
        var keys: TreeSet<ExactString> = []
        for key in content.ramping {
            guard let step = flag(key.text)?.steps.first(where: { $0 > unixSeconds }), step <= next ?? .max else {
                continue
            }
            if step != next { keys = [] }
            next = step
            keys.insert(key)
        }
        return next.map { ($0, closed(keys).sorted().map(\.text)) }
    }

    // MARK: Flags

    /// Compiles and puts in a flag. When this throws, the flag's last good form stays.
    package mutating func put(flag key: String, storedBytes: [UInt8]) throws(NotCompilable) {
        try put(key, storedBytes)
    }

    private mutating func put(_ key: String, _ bytes: [UInt8]) throws(NotCompilable) {
        let forms = try FlagForms(key, try StoredJSON.value(bytes, ComponentKey.title(of: key)))
        change { Self.put(CompiledFlag(forms, $0.layers(of: ExactString(key))), in: $0) }
    }

    private static func put(_ flag: CompiledFlag, in content: FlagSetContent) {
        index(ExactString(flag.key.text), from: content.put(flag), to: flag, in: content)
    }

    package mutating func remove(flag key: String) {
        change { Self.index(ExactString(key), from: $0.flags.remove(key), to: nil, in: $0) }
    }

    /// After another layer has come or gone.
    private static func lay(over key: ExactString, in content: FlagSetContent) {
        guard let flag = content.flag(key.text) else { return }
        let laid = flag.under(content.layers(of: key))
        if laid !== flag { put(laid, in: content) }
    }

    private static func index(
        _ key: ExactString, from old: CompiledFlag?, to new: CompiledFlag?, in content: FlagSetContent
    ) {
        let (oldPilots, newPilots) = (old?.pilotsUsed ?? [], new?.pilotsUsed ?? [])
        for pilot in oldPilots.subtracting(newPilots) {
            content.users[pilot]?.remove(key)
            if content.users[pilot]?.isEmpty == true { content.users[pilot] = nil }
        }
        for pilot in newPilots.subtracting(oldPilots) { content.users[pilot, default: []].insert(key) }
        for prerequisite in old?.prerequisites ?? [] {
            let required = ExactString(prerequisite.flag)
            content.dependents[required]?.remove(key)
            if content.dependents[required]?.isEmpty == true { content.dependents[required] = nil }
        }
        for prerequisite in new?.prerequisites ?? [] {
            content.dependents[ExactString(prerequisite.flag), default: []].insert(key)
        }
        if new?.steps.isEmpty == false { content.ramping.insert(key) } else { content.ramping.remove(key) }
    }

    // MARK: Components

    /// As `put(flag:storedBytes:)`.
    package mutating func put(component name: String, storedBytes: [UInt8]) throws(NotCompilable) {
        try put(ComponentKey.flagKey(of: name), storedBytes)
    }

    package mutating func remove(component name: String) {
        let key = ComponentKey.flagKey(of: name)
        change { Self.index(ExactString(key), from: $0.components.remove(key), to: nil, in: $0) }
    }

    // MARK: Kills

    /// When this throws, the flag serves what it did.
    package mutating func put(kill key: String, storedBytes: [UInt8]) throws(KillNotReadable) {
        set(kill: try Kill(storedBytes: storedBytes), of: ExactString(key))
    }

    package mutating func remove(kill key: String) { set(kill: nil, of: ExactString(key)) }

    private mutating func set(kill: Kill?, of key: ExactString) {
        change {
            $0.kills[key] = kill
            Self.lay(over: key, in: $0)
        }
    }

    /// A copy in which these flags are killed as well, whatever it says of them itself.
    package func killing(_ overlay: [ExactString: Kill]) -> FlagSet {
        var copy = self
        for (key, kill) in overlay { copy.set(kill: kill, of: key) }
        return copy
    }

    // MARK: Releases

    package func release(named name: String) -> StagedRelease? { content.releases[ExactString(name)] }

    package func floor(of flag: String) -> ReleaseFloor? { content.floors[ExactString(flag)]?.floor }

    /// When this throws, the release's last good form stays.
    package mutating func put(release name: String, storedBytes: [UInt8]) throws(NotCompilable) {
        set(try StagedRelease(name: name, storedBytes: storedBytes), named: name)
    }

    package mutating func remove(release name: String) { set(nil, named: name) }

    private mutating func set(_ release: StagedRelease?, named name: String) {
        let name = ExactString(name)
        change {
            var keys: Set<ExactString> = []
            for change in $0.releases[name]?.changes ?? [] {
                let key = ExactString(change.flag)
                keys.insert(key)
                $0.stages[key]?[name] = nil
                if $0.stages[key]?.isEmpty == true { $0.stages[key] = nil }
            }
            $0.releases[name] = release
            if let release {
                for change in release.changes {
                    let key = ExactString(change.flag)
                    keys.insert(key)
                    $0.stages[key, default: [:]][name] = CompiledStage(name.text, release, variant: change.variant)
                }
            }
            for key in keys { Self.lay(over: key, in: $0) }
        }
    }

    /// - Parameter key: the flag key, of a component too. When this throws, the flag's last good floor stays.
    package mutating func put(floor key: String, storedBytes: [UInt8]) throws(NotCompilable) {
        let floor = try CompiledFloor(try ReleaseFloor(key, storedBytes: storedBytes), flagKey: key)
        set(floor: floor, of: ExactString(key))
    }

    package mutating func remove(floor key: String) { set(floor: nil, of: ExactString(key)) }

    private mutating func set(floor: CompiledFloor?, of key: ExactString) {
        change {
            $0.floors[key] = floor
            Self.lay(over: key, in: $0)
        }
    }

    // MARK: Pilot groups

    /// Compiles and puts in a group with its members. Its flags aren't touched: they ask for it by name. When this
    /// throws, the group's last good form stays, with these members.
    package mutating func put(
        pilot name: String, storedBytes: [UInt8], members: MemberSet
    ) throws(NotCompilable) {
        do throws(NotCompilable) {
            let pilot = CompiledPilot(name, members: members, terms: try Self.terms(name, storedBytes))
            change { _ = $0.pilots.put(pilot) }
        } catch {
            set(members: members, ofPilot: name)
            throw error
        }
    }

    /// Other members, the same terms.
    package mutating func set(members: MemberSet, ofPilot name: String) {
        change { _ = $0.pilots.put(CompiledPilot(name, members: members, terms: $0.pilots[name]?.terms)) }
    }

    package mutating func remove(pilot name: String) { change { _ = $0.pilots.remove(name) } }

    private static func terms(_ name: String, _ bytes: [UInt8]) throws(NotCompilable) -> CompiledPilot.Terms? {
        let title = "pilot group \"\(name)\""
        let json = try StoredJSON.value(bytes, title)
        var reader = PilotReader(lenient: true)
        guard let (definition, rule) = reader.read(name, json, at: JSONPointer(), wantsMembers: false) else {
            throw NotCompilable(title, reader.problems)
        }
        let isPlain = rule == nil && definition.percentage == .none && definition.exclude.isEmpty
        return isPlain ? nil : CompiledPilot.Terms(definition, rule: rule)
    }
}
