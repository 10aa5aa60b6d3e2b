import JSON

/// What a killed flag serves to everyone, ahead of all its rules.
package struct Kill: Sendable, Hashable {
    package var variant: String
    /// The variant's value when the flag was killed, for an agent whose form of the flag doesn't have the variant: an
    /// urgent copy overtakes the changes before it.
    package var value: JSONValue

    package init(variant: String, value: JSONValue) {
        self.variant = variant
        self.value = value
    }

    package var json: JSONValue { .object(["variant": .string(variant), "value": value]) }

    /// What is stored, hashed and sent: canonical JSON.
    package var storedBytes: [UInt8] { json.canonicalBytes() }

    package init(storedBytes: [UInt8]) throws(KillNotReadable) {
        let (value, problems) = JSONReader.read(storedBytes)
        guard case .object(let object)? = value, problems.isEmpty, let name = object["variant"]?.stringValue,
            let serves = object["value"], object.count == 2
        else { throw KillNotReadable() }
        self.init(variant: name, value: serves)
    }
}

/// Stored bytes that are no kill this version knows.
package struct KillNotReadable: Error, Sendable, Hashable {
    package var reason: String { "this agent can't read the kill" }
}
