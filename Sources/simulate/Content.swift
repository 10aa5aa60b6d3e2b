import JSON

/// What an environment holds, as the simulation's own model has it: written down next to each change, by other means than
/// the code under test.
struct Content: Hashable {
    var flags: [ExactString: FlagForm] = [:]
    /// Pilot groups and their members.
    var groups: [String: Set<String>] = [:]
    /// Entries of a kind that agents of this version don't know.
    var unknown: Set<String> = []

    /// Names as an agent must report them, sorted by kind and name.
    var quarantined: [String] {
        flags.filter(\.value.isBroken).keys.sorted().map { "flag:\($0)" } + unknown.sorted().map { "kind-9:\($0)" }
    }
}

/// One form of a flag. Each change stamps the forms it writes, so that an answer tells which change it is from.
struct FlagForm: Hashable {
    var stamp: Int
    /// Members of this group get the other variant.
    var gate: String?
    /// It can't be compiled.
    var isBroken = false
    /// Bytes of ballast, to make large deltas.
    var ballast = 0

    /// What a lookup for `user` answers; nil where it can only fail, since the group asked about isn't there.
    func answer(for user: String, _ content: Content) -> String? {
        guard let gate else { return "out-\(stamp)" }
        return content.groups[gate].map { $0.contains(user) ? "in-\(stamp)" : "out-\(stamp)" }
    }

    /// The definition as canonical JSON.
    var bytes: [UInt8] {
        if isBroken {
            // Two ways to be no flag: not the JSON of one, and a default variant that isn't there.
            return Array(
                (stamp % 2 == 0
                    ? "\"not a flag \(stamp)\""
                    : "{\"defaultVariant\":\"none\",\"state\":\"ENABLED\",\"variants\":{\"out\":\"\(stamp)\"}}").utf8)
        }
        var text = "{\"defaultVariant\":\"out\","
        if ballast > 0 { text += "\"metadata\":{\"ballast\":\"" + String(repeating: "x", count: ballast) + "\"}," }
        text += "\"state\":\"ENABLED\","
        if let gate { text += "\"targeting\":{\"if\":[{\"in_pilot\":\"\(gate)\"},\"in\",null]}," }
        text += "\"variants\":{\"in\":\"in-\(stamp)\",\"out\":\"out-\(stamp)\"}}"
        return Array(text.utf8)
    }
}
