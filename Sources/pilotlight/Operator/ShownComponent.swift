import Flags
import JSON

/// One component as the operator API gives it, for people.
struct ShownComponent {
    let json: JSONValue

    var name: String { json["name"]?.stringValue ?? "?" }
    var defaultVersion: String { json["defaultVersion"]?.stringValue ?? "–" }
    /// The oldest first.
    var versions: [String] {
        (json["versions"]?.objectValue?.map(\.key) ?? []).sorted(by: ComponentVersion.precedes)
    }
    /// The groups and what they get; the first that a user is in decides.
    var pilots: [(pilot: String, version: String)] {
        (json["pilots"]?.arrayValue ?? []).map {
            ($0["pilot"]?.stringValue ?? "?", $0["version"]?.stringValue ?? "?")
        }
    }
    /// `everyone gets 1.0`; nil where it isn't killed.
    var kill: String? { RolloutText.kill(of: json) }

    func upstream(of version: String) -> String? { json["versions"]?[version]?["upstream"]?.stringValue }
    func isRetired(_ version: String) -> Bool { json["versions"]?[version]?["state"] == .string("RETIRED") }

    /// What whoever is given `version` gets: a retired one is served to nobody.
    func served(_ version: String) -> String { isRetired(version) ? defaultVersion : version }

    /// `1.1`, or `1.0, since 1.1 is retired`
    func servedText(_ version: String) -> String {
        isRetired(version) ? "\(defaultVersion), since \(version) is retired" : version
    }

    // MARK: The split

    /// The share of each version, the oldest first; under nil what the default version has besides slots of its own.
    private var shares: [(version: String?, share: Percentage)] {
        guard let split = VersionSplit(json["split"]) else { return [] }
        let named = split.shares.map { (version: String?.some($0.version), share: $0.percentage) }
        return named + (split.rest == .none ? [] : [(version: nil, share: split.rest)])
    }

    /// `1.0 90 %, 1.1 10 %`; nil where it has no split.
    var split: String? {
        let parts = shares.map { "\($0.version ?? "default") \($0.share.text)" }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// A definition as one reads it: a split in shares, as documents may have it too, in place of its many runs of slots.
    static func legible(_ definition: JSONValue) -> JSONValue {
        guard var members = definition.objectValue, let split = VersionSplit(members["split"]) else {
            return definition
        }
        members["split"] = .object(
            JSONObject(members: split.shares.map { .init(key: $0.version, value: $0.percentage.json) }))
        return .object(members)
    }

    // MARK: Who gets what, as set

    /// One way to a version.
    struct Way {
        var who: String
        var version: String
        var upstream: String?
        var share: String?
    }

    /// The ways in the order in which they are tried.
    /// - Parameter now: seconds since 1970, for the share that a ramp is at.
    func ways(at now: Int64) -> [Way] {
        var ways: [Way] = []
        func add(_ who: String, _ version: String, _ share: String? = nil) {
            ways.append(
                Way(who: who, version: servedText(version), upstream: upstream(of: served(version)), share: share))
        }
        if let kill = json["killed"], let version = kill["variant"]?.stringValue {
            add("everyone, while it is killed", version, "100 %")
        }
        for pilot in pilots { add("pilot group \(pilot.pilot)", pilot.version) }
        if let release = OwnerText.way(of: json) { add(release.who, release.version, release.share) }
        if let rollout = RolloutText.of(json["rollout"], at: now) {
            add("rollout: \(rollout)", json["rollout"]?["variant"]?.stringValue ?? "–")
        }
        let by = json["bucketBy"]?.stringValue.map { " by \($0)" } ?? ""
        for (version, share) in shares {
            // A slot is a hundredth of a percent.
            if let version { add("\(CountText.of(share.hundredths, "slot"))\(by)", version, share.text) }
        }
        add("everyone else", defaultVersion, shares.first { $0.version == nil }?.share.text)
        return ways
    }
}
