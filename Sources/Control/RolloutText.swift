import Flags
import Foundation
import JSON

/// What a difference says of rollouts: one part for the rollout, one for the branches of targeting that come before it.
enum RolloutText {
    /// - Parameters: flags or components as they are stored; nil for one that wasn't there.
    static func parts(_ before: JSONValue?, _ after: JSONValue) -> [String] {
        let (old, new) = (before?["rollout"], after["rollout"])
        var parts: [String] = []
        switch (old, new) {
        case (nil, let new?): parts.append("rollout: " + whole(new))
        case (let old?, nil): parts.append("rollout removed (\(whole(old)))")
        case (let old?, let new?) where old != new:
            let ownSalt = after["versions"] == nil ? "the flag's key" : "its own"
            parts.append("rollout: " + changes(old, new, ownSalt).joined(separator: ", "))
        default: break
        }
        if new != nil, old != new || before?["targeting"] != after["targeting"], let text = winning(after["targeting"])
        {
            parts.append(text)
        }
        return parts
    }

    /// `5 % of on, pilots early-birds, without ann, without pilots staff, by companyId, salt spring`
    private static func whole(_ rollout: JSONValue) -> String {
        var parts = [share(rollout, of: rollout["variant"]?.stringValue ?? "none")]
        for (title, names) in lists(rollout) where !names.isEmpty { parts.append("\(title) \(few(names))") }
        if let attribute = rollout["bucketBy"]?.stringValue { parts.append("by \(attribute)") }
        if let salt = rollout["salt"]?.stringValue { parts.append("salt \(salt)") }
        return parts.joined(separator: ", ")
    }

    private static func changes(_ old: JSONValue, _ new: JSONValue, _ ownSalt: String) -> [String] {
        var parts: [String] = []
        if old["variant"] != new["variant"] {
            parts.append("\(old["variant"]?.stringValue ?? "none") → \(new["variant"]?.stringValue ?? "none")")
        }
        if share(old) != share(new) { parts.append("\(share(old)) → \(share(new))") }
        for ((title, before), (_, after)) in zip(lists(old), lists(new)) {
            let signed = signed(before, after)
            if !signed.isEmpty { parts.append("\(title) \(few(signed))") }
        }
        for (member, title, usual) in [("bucketBy", "by", "targetingKey"), ("salt", "salt", ownSalt)]
        where old[member] != new[member] {
            parts.append("\(title) \(old[member]?.stringValue ?? usual) → \(new[member]?.stringValue ?? usual)")
        }
        // The same names in another order.
        return parts.isEmpty ? ["lists in another order"] : parts
    }

    private static func lists(_ rollout: JSONValue) -> [(title: String, names: [String])] {
        [
            ("pilots", rollout["pilots"]), ("without", rollout["exclude"]?["users"]),
            ("without pilots", rollout["exclude"]?["pilots"]),
        ].map { ($0, $1?.arrayValue?.compactMap(\.stringValue) ?? []) }
    }

    /// `5 % of on`, or `5 % to 100 % of on until 2026-11-21T15:00:00Z`
    private static func share(_ rollout: JSONValue, of variant: String? = nil) -> String {
        let of = variant.map { " of \($0)" } ?? ""
        guard let ramp = rollout["ramp"] else { return percentage(rollout["percentage"]) + of }
        let end = Date(timeIntervalSince1970: Double(ramp["end"]?.integerValue ?? 0)).formatted(.iso8601)
        return "\(percentage(ramp["from"])) to \(percentage(ramp["to"]))\(of) until \(end)"
    }

    static func percentage(_ json: JSONValue?) -> String {
        json.map { Percentage($0)?.text ?? $0.compactText() } ?? "none"
    }

    /// `+bob`, `−ann`
    static func signed(_ before: [String], _ after: [String]) -> [String] {
        let (old, new) = (Set(before.map { ExactString($0) }), Set(after.map { ExactString($0) }))
        return after.filter { !old.contains(ExactString($0)) }.map { "+\($0)" }
            + before.filter { !new.contains(ExactString($0)) }.map { "−\($0)" }
    }

    static func few(_ names: [String]) -> String {
        names.count > 5
            ? names.prefix(5).joined(separator: ", ") + " and \(names.count - 5) more" : names.joined(separator: ", ")
    }

    /// Where targeting decides before the rollout is asked; nil where it never does.
    private static func winning(_ targeting: JSONValue?) -> String? {
        let ends = TargetingEnds(of: targeting, at: JSONPointer().appending("targeting")).winning
        return ends.isEmpty ? nil : "targeting decides first at " + few(ends.map(\.description))
    }
}
