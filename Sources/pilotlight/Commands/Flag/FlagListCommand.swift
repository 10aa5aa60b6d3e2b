import ArgumentParser
import JSON

struct FlagListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Every flag of an environment.")

    static let examples = [
        Example("pilotlight flag list", "Key, state, default variant, variants, targeting, rollout, release"),
        Example("pilotlight flag list --stale", "Those whose release is launched: their code can go"),
        Example("pilotlight flag list --environment staging --json", "Whole definitions, as JSON"),
    ]

    @Flag(help: "Only those that a launched release gave to everyone, with its owner: their code can go.")
    var stale = false
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var connection: ConnectionOptions

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.list(
            "environments", environment.name, "flags", member: "flags", query: stale ? ["stale": "true"] : [:])
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        stale ? staleText(for: answer, style) : text(for: answer, at: TimeText.now, style)
    }

    private func staleText(for answer: JSONValue, _ style: OutputStyle) -> String {
        let flags = answer["flags"]?.arrayValue ?? []
        var table = TextTable("FLAG", "EVERYONE GETS", "RELEASE", "SINCE", "OWNER")
        for flag in flags {
            let stale = flag["stale"]
            table.add(
                TextTable.Cell(flag["key"]?.stringValue ?? "?", .bold), flag["defaultVariant"]?.stringValue ?? "–",
                stale?["release"]?.stringValue ?? "–", TimeText.of(stale?["since"]) ?? "–",
                stale?["owner"]?.stringValue ?? "–")
        }
        return table.text(
            style,
            summary: "\(CountText.of(flags.count, "flag")) in \(environment.name) can go, at "
                + RevisionText.full(answer["revision"]))
    }

    /// - Parameter now: seconds since 1970, for the share that a ramp is at.
    func text(for answer: JSONValue, at now: Int64, _ style: OutputStyle) -> String {
        let flags = answer["flags"]?.arrayValue ?? []
        var table = TextTable("FLAG", "STATE", "DEFAULT", "VARIANTS", "TARGETING", "ROLLOUT", "RELEASE")
        for flag in flags {
            let variants = flag["variants"]?.objectValue?.map(\.key).joined(separator: " ") ?? ""
            table.add(
                TextTable.Cell(flag["key"]?.stringValue ?? "?", .bold), Self.state(flag),
                flag["defaultVariant"]?.stringValue ?? "–", variants, Self.hasTargeting(flag) ? "yes" : "–",
                Self.rollout(flag, at: now), OwnerText.of(flag) ?? "–")
        }
        let killed = flags.count { RolloutText.kill(of: $0) != nil }
        return table.text(
            style,
            summary: "\(CountText.of(flags.count, "flag"))\(killed > 0 ? ", \(killed) killed," : "") in "
                + "\(environment.name) at " + RevisionText.full(answer["revision"]))
    }

    /// A kill outdoes everything but DISABLED.
    private static func state(_ flag: JSONValue) -> TextTable.Cell {
        let state = flag["state"]?.stringValue ?? "?"
        if state == "ENABLED" && RolloutText.kill(of: flag) != nil { return TextTable.Cell("KILLED", .red) }
        return TextTable.Cell(state, state == "ENABLED" ? .green : .yellow)
    }

    private static func rollout(_ flag: JSONValue, at now: Int64) -> String {
        var parts: [String] = []
        if let kill = RolloutText.kill(of: flag) { parts.append("killed: \(kill)") }
        if let rollout = RolloutText.of(flag["rollout"], at: now) { parts.append(rollout) }
        if let required = RolloutText.prerequisites(of: flag) { parts.append("requires \(required)") }
        return parts.isEmpty ? "–" : parts.joined(separator: "; ")
    }

    private static func hasTargeting(_ flag: JSONValue) -> Bool {
        switch flag["targeting"] {
        case nil, .null: false
        case .object(let rule): !rule.isEmpty
        default: true
        }
    }
}
