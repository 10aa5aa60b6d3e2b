import JSON

/// One flag as it was published, in flagd's format.
package struct FlagDefinition: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        case enabled = "ENABLED"
        case disabled = "DISABLED"
    }

    package var key: String
    package var state: State
    /// Name → value, at least one, all of one type.
    package var variants: JSONObject
    /// Nil: the caller's default is used where a default variant would be.
    package var defaultVariant: String?
    /// With every `$ref` replaced by what it names. Absent and `{}` both mean that the flag has none.
    package var targeting: JSONValue?
    package var description: String?
    /// The document's metadata overlaid by the flag's own.
    package var metadata: JSONObject
    /// What a kill serves. Nil: the default variant.
    package var offVariant: String?
    /// All of them must be met, else the default variant is served.
    package var prerequisites: [FlagVariant] = []
    /// Asked where targeting gives null.
    package var rollout: Rollout?

    package init(
        key: String, state: State, variants: JSONObject, defaultVariant: String?, targeting: JSONValue? = nil,
        description: String? = nil, metadata: JSONObject = [:]
    ) {
        self.key = key
        self.state = state
        self.variants = variants
        self.defaultVariant = defaultVariant
        self.targeting = targeting
        self.description = description
        self.metadata = metadata
    }

    package static let longestKeyBytes = 256

    /// The members a flag may have.
    package static let memberNames = [
        "state", "variants", "defaultVariant", "offVariant", "targeting", "rollout", "prerequisites", "metadata",
        "description",
    ]

    package var hasTargeting: Bool {
        switch targeting {
        case nil: false
        case .object(let rule)?: !rule.isEmpty
        default: true
        }
    }

    /// The flag as a document holds it, the key not inside.
    package var json: JSONValue {
        var object: JSONObject = ["state": .string(state.rawValue), "variants": .object(variants)]
        if let defaultVariant { object["defaultVariant"] = .string(defaultVariant) }
        if let offVariant { object["offVariant"] = .string(offVariant) }
        if let targeting { object["targeting"] = targeting }
        if let rollout { object["rollout"] = rollout.json }
        if !prerequisites.isEmpty { object["prerequisites"] = .array(prerequisites.map(\.json)) }
        if !metadata.isEmpty { object["metadata"] = .object(metadata) }
        if let description { object["description"] = .string(description) }
        return .object(object)
    }

    /// What is stored, hashed and sent: the canonical text of `json`.
    package var storedBytes: [UInt8] { json.canonicalBytes() }

    /// Why `key` can't be a flag key; nil if it can.
    package static func fault(inKey key: String) -> String? {
        if key.isEmpty { return "a flag key can't be empty" }
        if key.utf8.count > longestKeyBytes {
            return "the flag key has \(key.utf8.count) bytes; at most \(longestKeyBytes) are taken"
        }
        // Unicode's general category Cc is exactly these.
        if key.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }) {
            return "the flag key holds a control character"
        }
        return nil
    }
}
