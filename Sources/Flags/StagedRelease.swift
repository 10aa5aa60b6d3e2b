import JSON

/// What agents know of a release that is armed, running or held: what it brings, and who gets that for now. Laid over the
/// flags and components that it names, whose definitions it leaves alone.
package struct StagedRelease: Sendable, Hashable {
    /// At least one, no flag or component twice.
    package var changes: [FlagVariant]
    /// An agent of one of these services whose own version doesn't do answers as if there were no release.
    package var requires: [VersionRequirement]
    /// Groups that have it.
    package var pilots: [String]
    /// Of those who are neither excluded nor in one of the groups.
    package var percentage: Percentage
    package var exclude: Rollout.Exclusion
    /// The attribute whose value decides; nil for the targeting key.
    package var bucketBy: String?
    /// One for all it brings, so that who has one part of it has the others.
    package var salt: String
    /// Seconds since 1970, by each agent's own clock: nobody has it before. Nil: now.
    package var opens: Int64?

    package init(
        changes: [FlagVariant], requires: [VersionRequirement] = [], pilots: [String] = [],
        percentage: Percentage = .none, exclude: Rollout.Exclusion = Rollout.Exclusion(), bucketBy: String? = nil,
        salt: String, opens: Int64? = nil
    ) {
        self.changes = changes
        self.requires = requires
        self.pilots = pilots
        self.percentage = percentage
        self.exclude = exclude
        self.bucketBy = bucketBy
        self.salt = salt
        self.opens = opens
    }

    /// The stage as a rollout of one of its variants.
    package func rollout(of variant: String) -> Rollout {
        Rollout(
            variant: variant, share: .fixed(percentage), pilots: pilots, exclude: exclude, bucketBy: bucketBy,
            salt: salt)
    }

    // MARK: As stored

    package var json: JSONValue {
        var stage = rollout(of: "").json.objectValue ?? [:]
        stage["variant"] = nil
        var object: JSONObject = ["changes": .array(changes.map(\.json)), "stage": .object(stage)]
        if !requires.isEmpty { object["requires"] = .array(requires.map { .string($0.text) }) }
        if let opens { object["opens"] = .integer(opens) }
        return .object(object)
    }

    /// What is stored, hashed and sent: canonical JSON.
    package var storedBytes: [UInt8] { json.canonicalBytes() }

    /// Refuses members it doesn't know: a condition that is passed over would release to whom it isn't meant for.
    package init(name: String, storedBytes: [UInt8]) throws(NotCompilable) {
        let title = "release \"\(name)\""
        let json = try StoredJSON.object(storedBytes, title)
        for member in json where !["changes", "stage", "requires", "opens"].contains(member.key) {
            throw NotCompilable(title, reason: "this agent doesn't know its \"\(member.key)\"")
        }
        changes = try Self.all(json["changes"], "changes", of: title) { FlagVariant($0) }
        requires = try VersionRequirement.all(json["requires"], of: title)
        var reader = FlagReader(lenient: true, checksResults: false)
        var stage = json["stage"]?.objectValue ?? [:]
        stage["variant"] = ""
        guard !changes.isEmpty, json["stage"] != nil,
            let rollout = reader.readRollout(.object(stage), variants: nil, at: JSONPointer()),
            case .fixed(let percentage) = rollout.share, let salt = rollout.salt
        else {
            throw NotCompilable(
                title, reason: reader.problems.first?.description ?? "it names nothing, or has no stage with a salt")
        }
        pilots = rollout.pilots
        self.percentage = percentage
        exclude = rollout.exclude
        bucketBy = rollout.bucketBy
        self.salt = salt
        opens = json["opens"]?.integerValue
        guard json["opens"] == nil || opens != nil else {
            throw NotCompilable(title, reason: "its opening time is no whole number")
        }
    }

    private static func all<Element>(
        _ json: JSONValue?, _ what: String, of title: String, _ read: (JSONValue) -> Element?
    ) throws(NotCompilable) -> [Element] {
        let elements = json?.arrayValue ?? []
        let read = elements.compactMap(read)
        guard read.count == elements.count, json == nil || json?.arrayValue != nil else {
            throw NotCompilable(title, reason: "its \(what) can't be read")
        }
        return read
    }
}

extension VersionRequirement {
    /// A list of texts; none where it is absent.
    static func all(_ json: JSONValue?, of title: String) throws(NotCompilable) -> [VersionRequirement] {
        guard let json else { return [] }
        let texts = json.arrayValue ?? []
        let read = texts.compactMap { $0.stringValue.flatMap { VersionRequirement($0) } }
        guard json.arrayValue != nil, read.count == texts.count else {
            throw NotCompilable(title, reason: "this agent can't read what it requires")
        }
        return read
    }
}

// MARK: As a targeting expression

extension StagedRelease {
    /// Gives a variant to those who have the release now, and null to all others.
    ///
    /// - Parameter rollout: the stage of it.
    func targeting(_ rollout: Rollout, flagKey: String) -> JSONValue {
        let stage = rollout.targeting(flagKey: flagKey)
        let conditions = requires.map(\.expression) + (opens.map { [Self.hasOpened($0)] } ?? [])
        guard !conditions.isEmpty else { return stage }
        return ["if": [conditions.count == 1 ? conditions[0] : ["and": .array(conditions)], stage, .null]]
    }

    static func hasOpened(_ time: Int64) -> JSONValue { [">=": [["var": "$flagd.timestamp"], .integer(time)]] }
}

extension VersionRequirement {
    /// True where the agent that evaluates stands beside another service, or beside such a version. A name that no
    /// document can use.
    static let operatorName = "$runs"

    var expression: JSONValue { [Self.operatorName: .string(text)] }
}
