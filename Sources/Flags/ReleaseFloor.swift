import JSON

/// What a launched release goes on requiring: an agent of such a service that is older answers as before the release.
package struct ReleaseFloor: Sendable, Hashable {
    package var release: String
    package var requires: [VersionRequirement]
    /// The flag's or the component's definition before the release, as stored.
    package var before: JSONValue
    /// Of an earlier release, for whoever is older than that; at most one.
    private var lower: [ReleaseFloor]

    package var below: ReleaseFloor? { lower.first }

    /// The lowest of more than `deepest` falls away.
    package init(release: String, requires: [VersionRequirement], before: JSONValue, below: ReleaseFloor?) {
        self.release = release
        self.requires = requires
        self.before = before
        lower = below.map { [$0.cut(to: Self.deepest - 1)] } ?? []
    }

    /// Releases whose definitions agents hold for those that are that much older.
    package static let deepest = 4

    /// So many of them at most, the lowest fallen away.
    package func cut(to levels: Int) -> ReleaseFloor {
        var copy = self
        copy.lower = levels > 1 ? lower.map { $0.cut(to: levels - 1) } : []
        return copy
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "release": .string(release), "requires": .array(requires.map { .string($0.text) }), "before": before,
        ]
        if let below { object["below"] = below.json }
        return .object(object)
    }

    /// What is stored, hashed and sent: canonical JSON.
    package var storedBytes: [UInt8] { json.canonicalBytes() }

    /// Nil for another shape.
    package init?(_ json: JSONValue) { try? self.init(json, "", levels: Self.deepest) }

    /// - Parameter flagKey: of the flag or component that it is of.
    package init(_ flagKey: String, storedBytes: [UInt8]) throws(NotCompilable) {
        let title = "floor of \(ComponentKey.title(of: flagKey))"
        try self.init(.object(try StoredJSON.object(storedBytes, title)), title, levels: Self.deepest)
    }

    private init(_ json: JSONValue, _ title: String, levels: Int) throws(NotCompilable) {
        guard levels > 0, case .object(let object) = json, let release = object["release"]?.stringValue,
            let before = object["before"], before.objectValue != nil,
            object.allSatisfy({ ["release", "requires", "before", "below"].contains($0.key) })
        else { throw NotCompilable(title, reason: "it has another shape") }
        self.release = release
        self.before = before
        requires = try VersionRequirement.all(object["requires"], of: title)
        if let below = object["below"] {
            lower = [try ReleaseFloor(below, title, levels: levels - 1)]
        } else {
            lower = []
        }
    }
}
