import Flags
import JSON

/// The release that owns a flag or a component, in words, from what the operator API gives of either.
enum OwnerText {
    /// `autumn, running, stage 2 of 3 (10 %): on for 10 %, pilots staff`; nil where none does.
    static func of(_ subject: JSONValue) -> String? {
        guard let release = owner(of: subject) else { return nil }
        let audience = audience(of: release)
        let brought = PrintableText.of((release["variant"] ?? release["version"])?.stringValue ?? "?")
        return "\(standing(release)): \(brought) for \(audience.isEmpty ? "nobody yet" : audience)"
    }

    /// Its way to a version of a component: `release autumn, running, stage 2 of 3 (10 %), pilots staff`.
    static func way(of component: JSONValue) -> (who: String, version: String, share: String)? {
        guard let release = owner(of: component), let version = release["version"]?.stringValue else { return nil }
        let pilots = pilots(of: release)
        return (
            "release \(standing(release))" + (pilots.isEmpty ? "" : ", \(pilots)"), version, share(of: release).text
        )
    }

    private static func owner(of subject: JSONValue) -> JSONValue? {
        subject["release"].flatMap { $0.objectValue == nil ? nil : $0 }
    }

    /// `autumn, armed, opens 2026-12-01 09:00:00 UTC`
    private static func standing(_ release: JSONValue) -> String {
        let shown = ShownRelease(release)
        return "\(PrintableText.of(shown.name)), \(shown.standing(.plain))"
    }

    private static func share(of release: JSONValue) -> Percentage {
        release["share"].flatMap { Percentage($0) } ?? .none
    }

    private static func pilots(of release: JSONValue) -> String {
        let pilots = (release["pilots"]?.arrayValue ?? []).compactMap(\.stringValue).map(PrintableText.of)
        return pilots.isEmpty ? "" : "pilots \(pilots.joined(separator: " "))"
    }

    private static func audience(of release: JSONValue) -> String {
        let share = share(of: release)
        return [share == .none ? "" : share.text, pilots(of: release)].filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
