import JSON

/// One component as it was published: versions side by side, and who gets which.
package struct ComponentDefinition: Sendable, Hashable {
    package var name: String
    /// At least one, the oldest first.
    package var versions: [ComponentVersion]
    /// One of them that isn't retired.
    package var defaultVersion: String
    /// Whoever is in several of the groups gets the first one's version.
    package var pilots: [VersionPilot] = []
    /// Asked where no pilot group and no rollout decides. Nil: the default version for everybody.
    package var split: VersionSplit?
    /// Of a document that gives percentages: what `split` has yet to be made of, from the slots that there are.
    package var wantedShares: [VersionSplit.Share]?
    /// Asked where no pilot group decides; its variant is a version.
    package var rollout: Rollout?
    /// The attribute whose value decides the slot; nil for the targeting key.
    package var bucketBy: String?
    /// Two components with one salt put a user into the same slot; nil for one of its own.
    package var salt: String?
    package var description: String?
    package var metadata: JSONObject = [:]

    package init(_ name: String, versions: [ComponentVersion], defaultVersion: String) {
        self.name = name
        self.versions = versions
        self.defaultVersion = defaultVersion
    }

    package static let mostVersions = 100
    package static let mostPilots = 100

    /// The members a component may have.
    package static let memberNames = [
        "versions", "defaultVersion", "pilots", "split", "rollout", "bucketBy", "salt", "metadata", "description",
    ]

    package func version(_ name: String) -> ComponentVersion? { versions.first { $0.name == name } }

    /// The version that is served where `name` is what decides.
    package func served(_ name: String) -> String { version(name)?.state == .active ? name : defaultVersion }

    /// Pilot groups that it names.
    package var pilotsNamed: Set<String> { Set(pilots.map(\.pilot)).union(rollout?.pilotsNamed ?? []) }

    /// Anything that could give two users two answers.
    package var hasRules: Bool { !pilots.isEmpty || rollout != nil || split != nil }

    /// As a document holds it, the name not inside.
    package var json: JSONValue {
        var object: JSONObject = [
            "versions": .object(JSONObject(members: versions.map { .init(key: $0.name, value: $0.json) })),
            "defaultVersion": .string(defaultVersion),
        ]
        if !pilots.isEmpty { object["pilots"] = .array(pilots.map(\.json)) }
        if let split { object["split"] = split.json }
        if let rollout { object["rollout"] = rollout.json }
        if let bucketBy { object["bucketBy"] = .string(bucketBy) }
        if let salt { object["salt"] = .string(salt) }
        if !metadata.isEmpty { object["metadata"] = .object(metadata) }
        if let description { object["description"] = .string(description) }
        return .object(object)
    }

    /// What is stored, hashed and sent: the canonical text of `json`.
    package var storedBytes: [UInt8] { json.canonicalBytes() }

    /// Why `name` can't name a component; nil if it can.
    package static func fault(inName name: String) -> String? { PlainName.fault(in: name, of: "component") }

    /// Makes `split` of the shares that a document wants: nobody moves who needn't.
    ///
    /// - Parameter before: what the environment has under that name.
    package mutating func settleSplit(from before: ComponentDefinition?) {
        guard let wanted = wantedShares else { return }
        split = (before?.split ?? VersionSplit()).moved(to: wanted, default: defaultVersion) { version in
            before.map { before in version.map { before.served($0) } ?? before.defaultVersion } ?? defaultVersion
        }
        wantedShares = nil
    }
}

// MARK: As targeting expressions

extension ComponentDefinition {
    /// The flag that it is decided as: its variants are its versions.
    var flag: FlagDefinition {
        FlagDefinition(
            key: ComponentKey.flagKey(of: name), state: .enabled,
            variants: JSONObject(members: versions.map { .init(key: $0.name, value: .string($0.name)) }),
            defaultVariant: defaultVersion, description: description, metadata: metadata)
    }

    /// The pilot groups in their order; gives a version or null. Nil without any.
    var pilotTargeting: JSONValue? {
        guard !pilots.isEmpty else { return nil }
        return [
            "if": .array(pilots.flatMap { [["in_pilot": .string($0.pilot)], .string(served($0.version))] } + [.null])
        ]
    }

    var rolloutTargeting: JSONValue? {
        guard var rollout else { return nil }
        rollout.variant = served(rollout.variant)
        // Uncorrelated with the split: who comes first is drawn anew.
        return rollout.targeting(flagKey: "rollout:\(ComponentKey.salt(of: name))")
    }

    /// The slots; null for those of the default version. Nil where all are.
    var splitTargeting: JSONValue? {
        guard let split else { return nil }
        let runs = split.runs.map { run in
            VersionSplit.Run(run.version.flatMap { version($0)?.state == .active ? $0 : nil }, run.slots)
        }
        if runs.count == 1 { return runs[0].version.map { .string($0) } }
        let shares = runs.flatMap { run -> [JSONValue] in
            [run.version.map { .string($0) } ?? .null, .integer(Int64(run.slots))]
        }
        return [
            Rollout.shareOperator: .array(
                [.string(salt ?? ComponentKey.salt(of: name)), .string(bucketBy ?? "targetingKey")] + shares)
        ]
    }

    /// What each version's answer says besides the component's own metadata: where it is found.
    func metadata(of version: String) -> JSONObject {
        var metadata = metadata
        if let upstream = self.version(version)?.upstream { metadata["upstream"] = .string(upstream) }
        return metadata
    }
}
