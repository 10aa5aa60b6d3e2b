import JSON

/// What holds for all flags of an environment, as it is stored and sent: canonical JSON.
package struct EnvironmentSettings: Sendable, Hashable {
    package var bucketing: Bucketing

    package init(bucketing: Bucketing) { self.bucketing = bucketing }

    package var storedBytes: [UInt8] {
        JSONValue.object(["bucketing": .string(bucketing.rawValue)]).canonicalBytes()
    }

    /// Refuses what it doesn't know: a setting that is passed over would give other answers than everywhere else.
    package init(storedBytes: [UInt8]) throws(SettingsNotReadable) {
        let (value, problems) = JSONReader.read(storedBytes)
        guard case .object(let object)? = value, problems.isEmpty else {
            throw SettingsNotReadable(reason: "the settings are no JSON object")
        }
        bucketing = .v2
        for member in object {
            guard member.key.isExactly("bucketing") else {
                throw SettingsNotReadable(reason: "this agent doesn't know the setting \"\(member.key)\"")
            }
            guard let known = member.value.stringValue.flatMap({ Bucketing(rawValue: $0) }) else {
                throw SettingsNotReadable(
                    reason: "this agent doesn't know the bucketing \(member.value.compactText())")
            }
            bucketing = known
        }
    }
}

/// Stored settings that this version can't follow.
package struct SettingsNotReadable: Error, Sendable, Hashable {
    package var reason: String
}
