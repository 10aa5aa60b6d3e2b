import HashTreeCollections
import JSON

/// Every flag, kill and pilot group of one environment, compiled. A persistent value: a copy costs nothing, and a change
/// costs by the change.
package struct FlagSet: Sendable {
    private var flags: TreeDictionary<ExactString, CompiledFlag> = [:]
    private var kills: TreeDictionary<ExactString, Kill> = [:]
    private var pilots: TreeDictionary<String, CompiledPilot> = [:]
    /// Pilot group → the flags that ask about it.
    private var users: TreeDictionary<String, TreeSet<ExactString>> = [:]
    /// Flag → the flags that require it.
    private var dependents: TreeDictionary<ExactString, TreeSet<ExactString>> = [:]
    /// Flags with a time ramp.
    private var ramping: TreeSet<ExactString> = []
    /// Of every `fractional` in it.
    package var bucketing: Bucketing

    package init(bucketing: Bucketing = .v2) { self.bucketing = bucketing }

    package var flagCount: Int { flags.count }

    /// Sorted by bytes.
    package var flagKeys: [String] { flags.keys.sorted().map(\.text) }

    package var pilotNames: [String] { pilots.keys.sorted { $0.precedesInBytes($1) } }

    package func definition(of key: String) -> FlagDefinition? { flags[ExactString(key)]?.definition }

    func flag(_ key: String) -> CompiledFlag? { flags[ExactString(key)] }

    func pilot(_ name: String) -> CompiledPilot? { pilots[name] }

    package func members(ofPilot name: String) -> MemberSet? { pilots[name]?.members }

    /// What a group is besides its members; nil for an unknown one.
    package func definition(ofPilot name: String) -> PilotDefinition? {
        pilots[name].map { $0.terms?.definition ?? PilotDefinition(name: name) }
    }

    package func kill(of flag: String) -> Kill? { kills[ExactString(flag)] }

    /// The keys of the flags that ask about `pilot`, and of all that require one of these; sorted.
    package func flags(using pilot: String) -> [String] { closed(users[pilot] ?? []).sorted().map(\.text) }

    /// `key`, and the keys of the flags that require it, directly or through others; sorted.
    package func flags(affectedBy key: String) -> [String] { closed([ExactString(key)]).sorted().map(\.text) }

    private func closed(_ keys: TreeSet<ExactString>) -> Set<ExactString> {
        var found = Set(keys)
        var open = Array(keys)
        while let key = open.popLast() {
            for dependent in dependents[key] ?? [] where found.insert(dependent).inserted { open.append(dependent) }
        }
        return found
    }

    // MARK: Evaluation

    /// Missing → FLAG_NOT_FOUND; disabled → DISABLED, no value; killed → what the kill serves, STATIC; a prerequisite
    /// unmet → default variant, DEFAULT; no rules → default variant, STATIC; targeting, else the rollout, gives a variant
    /// → TARGETING_MATCH; neither does → default variant, DEFAULT; anything else → GENERAL; a fault on the way →
    /// PARSE_ERROR.
    package func evaluate(_ key: String, context: EvaluationContext, unixSeconds: Int64) -> Evaluation {
        guard let flag = flags[ExactString(key)] else {
            return .failure(.flagNotFound, "there is no flag \"\(key)\"")
        }
        var steps = Work.mostSteps
        return flag.evaluate(context, unixSeconds: unixSeconds, in: self, steps: &steps)
    }

    /// When a time ramp changes answers next, and of which flags (those that require them included), sorted.
    package func nextStep(after unixSeconds: Int64) -> (at: Int64, flags: [String])? {
        var next: Int64?
        var keys: TreeSet<ExactString> = []
        for key in ramping {
            guard let step = flags[key]?.steps.first(where: { $0 > unixSeconds }), step <= next ?? .max else {
                continue
            }
            if step != next { keys = [] }
            next = step
            keys.insert(key)
        }
        return next.map { ($0, closed(keys).sorted().map(\.text)) }
    }

    // MARK: Flags

    /// Compiles and puts in a flag. Read leniently, since control has decided already. When this throws, the flag's
    /// last good form stays.
    package mutating func put(flag key: String, storedBytes: [UInt8]) throws(FlagNotCompilable) {
        let name = ExactString(key)
        let flag = try Self.compile(key, storedBytes, kill: kills[name])
        let old = flags.updateValue(flag, forKey: name)
        index(name, from: old, to: flag)
    }

    package mutating func remove(flag key: String) {
        let name = ExactString(key)
        guard let old = flags.removeValue(forKey: name) else { return }
        index(name, from: old, to: nil)
    }

    private static func compile(
        _ key: String, _ bytes: [UInt8], kill: Kill?
    ) throws(FlagNotCompilable) -> CompiledFlag {
        let text = JSONReader.read(bytes)
        guard let json = text.value, text.problems.isEmpty else {
            throw FlagNotCompilable(key: key, reason: text.problems.first?.description ?? "no JSON")
        }
        var reader = FlagReader(lenient: true, checksResults: false)
        guard let (definition, rules) = reader.read(key: key, json, at: JSONPointer()) else {
            throw FlagNotCompilable(key: key, reason: Self.errors(reader.problems))
        }
        return CompiledFlag(definition, rules, pilotsUsed: Set(reader.pilotUses.map(\.name)), kill: kill)
    }

    private static func errors(_ problems: [Problem]) -> String {
        problems.filter { $0.severity == .error }.map(\.description).joined(separator: "; ")
    }

    private mutating func index(_ key: ExactString, from old: CompiledFlag?, to new: CompiledFlag?) {
        let (oldPilots, newPilots) = (old?.pilotsUsed ?? [], new?.pilotsUsed ?? [])
        for pilot in oldPilots.subtracting(newPilots) {
            users[pilot]?.remove(key)
            if users[pilot]?.isEmpty == true { users[pilot] = nil }
        }
        for pilot in newPilots.subtracting(oldPilots) { users[pilot, default: []].insert(key) }
        for prerequisite in old?.definition.prerequisites ?? [] {
            let required = ExactString(prerequisite.flag)
            dependents[required]?.remove(key)
            if dependents[required]?.isEmpty == true { dependents[required] = nil }
        }
        for prerequisite in new?.definition.prerequisites ?? [] {
            dependents[ExactString(prerequisite.flag), default: []].insert(key)
        }
        if new?.steps.isEmpty == false { ramping.insert(key) } else { ramping.remove(key) }
    }

    // MARK: Kills

    /// When this throws, the flag serves what it did.
    package mutating func put(kill key: String, storedBytes: [UInt8]) throws(KillNotReadable) {
        set(try Kill(storedBytes: storedBytes), of: ExactString(key))
    }

    package mutating func remove(kill key: String) { set(nil, of: ExactString(key)) }

    private mutating func set(_ kill: Kill?, of key: ExactString) {
        kills[key] = kill
        if let flag = flags[key] { flags[key] = flag.serving(kill) }
    }

    /// A copy in which these flags are killed as well, whatever it says of them itself.
    package func killing(_ overlay: [String: Kill]) -> FlagSet {
        var copy = self
        for (key, kill) in overlay { copy.set(kill, of: ExactString(key)) }
        return copy
    }

    // MARK: Pilot groups

    /// Compiles and puts in a group with its members. Its flags aren't touched: they ask for it by name. When this
    /// throws, the group's last good form stays, with these members.
    package mutating func put(
        pilot name: String, storedBytes: [UInt8], members: MemberSet
    ) throws(PilotNotCompilable) {
        do throws(PilotNotCompilable) {
            pilots[name] = CompiledPilot(members: members, terms: try Self.terms(name, storedBytes))
        } catch {
            set(members: members, ofPilot: name)
            throw error
        }
    }

    /// Other members, the same terms.
    package mutating func set(members: MemberSet, ofPilot name: String) {
        pilots[name] = CompiledPilot(members: members, terms: pilots[name]?.terms)
    }

    package mutating func remove(pilot name: String) { pilots[name] = nil }

    private static func terms(_ name: String, _ bytes: [UInt8]) throws(PilotNotCompilable) -> CompiledPilot.Terms? {
        let text = JSONReader.read(bytes)
        guard let json = text.value, text.problems.isEmpty else {
            throw PilotNotCompilable(name: name, reason: text.problems.first?.description ?? "no JSON")
        }
        var reader = PilotReader(lenient: true)
        guard let (definition, rule) = reader.read(name, json, at: JSONPointer(), wantsMembers: false) else {
            throw PilotNotCompilable(name: name, reason: errors(reader.problems))
        }
        let isPlain = rule == nil && definition.percentage == .none && definition.exclude.isEmpty
        return isPlain ? nil : CompiledPilot.Terms(definition, rule: rule)
    }
}
