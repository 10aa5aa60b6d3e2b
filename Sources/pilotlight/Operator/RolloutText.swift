import Flags
import JSON

/// Who gets what ahead of the others, in words, from a flag or a component as the operator API gives it.
enum RolloutText {
    /// `5 % of on, pilots early-birds, without ann`; nil where the flag has no rollout.
    /// - Parameter now: seconds since 1970, for the share that a ramp is at.
    static func of(_ rollout: JSONValue?, at now: Int64) -> String? {
        guard let rollout, rollout.objectValue != nil else { return nil }
        let variant = text(rollout["variant"])
        var parts = ["\(share(rollout, variant: variant, at: now))"]
        let pilots = list(rollout["pilots"])
        if !pilots.isEmpty { parts.append("pilots \(pilots)") }
        let users = list(rollout["exclude"]?["users"])
        if !users.isEmpty { parts.append("without \(users)") }
        let excluded = list(rollout["exclude"]?["pilots"])
        if !excluded.isEmpty { parts.append("without pilots \(excluded)") }
        if let attribute = rollout["bucketBy"]?.stringValue { parts.append("by \(PrintableText.of(attribute))") }
        if let salt = rollout["salt"]?.stringValue { parts.append("salt \(PrintableText.of(salt))") }
        return parts.joined(separator: ", ")
    }

    /// `5 % of on`, or `5 % → 100 % of on until 2026-01-31 10:20:30 UTC, 42 % now`
    private static func share(_ rollout: JSONValue, variant: String, at now: Int64) -> String {
        guard let ramp = ramp(of: rollout) else {
            return "\((Percentage(rollout["percentage"] ?? 0) ?? .none).text) of \(variant)"
        }
        let way = "\(ramp.from.text) → \(ramp.to.text) of \(variant)"
        if now >= ramp.end { return "\(way), done \(TimeText.of(unixSeconds: ramp.end))" }
        if now < ramp.start {
            return "\(way) from \(TimeText.of(unixSeconds: ramp.start)) until \(TimeText.of(unixSeconds: ramp.end))"
        }
        return "\(way) until \(TimeText.of(unixSeconds: ramp.end)), \(ramp.percentage(at: now).text) now"
    }

    /// The time ramp of a rollout, if its share moves by itself.
    static func ramp(of rollout: JSONValue?) -> TimeRamp? {
        guard let ramp = rollout?["ramp"], let from = ramp["from"].flatMap({ Percentage($0) }),
            let to = ramp["to"].flatMap({ Percentage($0) }), let start = ramp["start"]?.integerValue,
            let end = ramp["end"]?.integerValue
        else { return nil }
        return TimeRamp(from: from, to: to, start: start, end: end)
    }

    /// `everyone gets off (false)`; nil where the flag isn't killed.
    static func kill(of flag: JSONValue) -> String? {
        guard let kill = flag["killed"], kill.objectValue != nil else { return nil }
        return flag["state"] == .string("DISABLED")
            ? "everyone would get \(served(kill)), were it not disabled" : "everyone gets \(served(kill))"
    }

    /// `off (false)`, or just the name of a component's version.
    static func served(_ kill: JSONValue?) -> String {
        let name = kill?["variant"]
        let variant = text(name)
        guard let value = kill?["value"], value != name else { return variant }
        return "\(variant) (\(PrintableText.of(value.compactText())))"
    }

    /// `new-basket gives on, component shop gives 1.1`; nil where the flag requires nothing.
    static func prerequisites(of flag: JSONValue) -> String? {
        let required = (flag["prerequisites"]?.arrayValue ?? []).map { prerequisite in
            if let component = prerequisite["component"] {
                "component \(text(component)) gives \(text(prerequisite["version"]))"
            } else {
                "\(text(prerequisite["flag"])) gives \(text(prerequisite["variant"]))"
            }
        }
        return required.isEmpty ? nil : required.joined(separator: ", ")
    }

    private static func text(_ json: JSONValue?) -> String { PrintableText.of(json?.stringValue ?? "?") }

    /// The first few, and how many more there are.
    private static func list(_ names: JSONValue?, most: Int = 5) -> String {
        let names = (names?.arrayValue ?? []).compactMap(\.stringValue)
        let shown = names.prefix(most).map(PrintableText.of).joined(separator: " ")
        return names.count > most ? "\(shown) and \(names.count - most) more" : shown
    }
}
