import HashTreeCollections
import JSON

/// Members of the pilot groups by the groups' names.
typealias PilotMembers = TreeDictionary<String, TreeSet<ExactString>>

/// Every flag and pilot group of one environment, compiled. A persistent value: a copy costs nothing, and a change
/// costs by the change.
package struct FlagSet: Sendable {
    private var flags: TreeDictionary<ExactString, CompiledFlag> = [:]
    private var pilots: PilotMembers = [:]
    /// Pilot group → the flags that ask about it.
    private var users: TreeDictionary<String, TreeSet<ExactString>> = [:]
    /// Of every `fractional` in it.
    package var bucketing: Bucketing

    package init(bucketing: Bucketing = .v2) { self.bucketing = bucketing }

    package var flagCount: Int { flags.count }

    /// Sorted by bytes.
    package var flagKeys: [String] { flags.keys.sorted().map(\.text) }

    package var pilotNames: [String] { pilots.keys.sorted { $0.precedesInBytes($1) } }

    package func definition(of key: String) -> FlagDefinition? { flags[ExactString(key)]?.definition }

    package func pilot(_ name: String) -> TreeSet<ExactString>? { pilots[name] }

    /// The keys of the flags whose targeting asks about `pilot`, sorted.
    package func flags(using pilot: String) -> [String] { users[pilot]?.sorted().map(\.text) ?? [] }

    /// Missing → FLAG_NOT_FOUND; disabled → DISABLED, no value; no targeting → default variant, STATIC; targeting
    /// gives null → default variant, DEFAULT; a variant → TARGETING_MATCH; anything else → GENERAL; a fault on the
    /// way → PARSE_ERROR.
    package func evaluate(_ key: String, context: EvaluationContext, unixSeconds: Int64) -> Evaluation {
        guard let flag = flags[ExactString(key)] else {
            return .failure(.flagNotFound, "there is no flag \"\(key)\"")
        }
        return flag.evaluate(context, unixSeconds: unixSeconds, bucketing: bucketing, pilots: pilots)
    }

    /// Compiles and puts in a flag. Read leniently, since control has decided already. When this throws, the flag's
    /// last good form stays.
    package mutating func put(flag key: String, storedBytes: [UInt8]) throws(FlagNotCompilable) {
        let flag = try Self.compile(key, storedBytes)
        let old = flags.updateValue(flag, forKey: ExactString(key))
        index(key, from: old?.pilotsUsed ?? [], to: flag.pilotsUsed)
    }

    package mutating func remove(flag key: String) {
        guard let old = flags.removeValue(forKey: ExactString(key)) else { return }
        index(key, from: old.pilotsUsed, to: [])
    }

    package mutating func set(pilot name: String, members: TreeSet<ExactString>) { pilots[name] = members }

    package mutating func remove(pilot name: String) { pilots[name] = nil }

    private static func compile(_ key: String, _ bytes: [UInt8]) throws(FlagNotCompilable) -> CompiledFlag {
        let text = JSONReader.read(bytes)
        guard let json = text.value, text.problems.isEmpty else {
            throw FlagNotCompilable(key: key, reason: text.problems.first?.description ?? "no JSON")
        }
        var reader = FlagReader(lenient: true, checksResults: false)
        guard let (definition, targeting) = reader.read(key: key, json, at: JSONPointer()) else {
            let errors = reader.problems.filter { $0.severity == .error }
            throw FlagNotCompilable(key: key, reason: errors.map(\.description).joined(separator: "; "))
        }
        return CompiledFlag(definition, targeting: targeting, pilotsUsed: Set(reader.pilotUses.map(\.name)))
    }

    private mutating func index(_ key: String, from old: Set<String>, to new: Set<String>) {
        let key = ExactString(key)
        for pilot in old.subtracting(new) {
            users[pilot]?.remove(key)
            if users[pilot]?.isEmpty == true { users[pilot] = nil }
        }
        for pilot in new.subtracting(old) { users[pilot, default: []].insert(key) }
    }
}
