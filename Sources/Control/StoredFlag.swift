import Flags
import JSON
import Replication

/// A flag's stored bytes, read back.
enum StoredFlag {
    /// Null for bytes that aren't JSON: the store's digest check leaves no way to that.
    static func json(_ bytes: [UInt8]) -> JSONValue { JSONReader.read(bytes).value ?? .null }

    /// A flag's definition as stored.
    static func json(of key: String, in state: ReplicatedState) throws(Refusal) -> JSONValue {
        guard let bytes = state.bytes(of: EntryKey(.flag, key)) else { throw .unknownFlag(key, in: state) }
        return json(bytes)
    }

    /// The same, read: what was accepted once is taken as it is.
    static func definition(of key: String, in state: ReplicatedState) throws(Refusal) -> FlagDefinition {
        var problems: [Problem] = []
        let json = try json(of: key, in: state)
        let read = FlagDefinition.read(
            key: key, json, at: JSONPointer(), lenient: true, knownPilots: { _ in true }, problems: &problems)
        guard let read else {
            throw Refusal(
                .failed, "Flag can't be read",
                detail: "the definition of flag \"\(key)\" can't be read: "
                    + problems.map(\.description).joined(separator: "; "),
                hint: "apply it anew")
        }
        return read
    }

    /// The prerequisites of a stored definition, in their order.
    static func prerequisites(in flag: JSONValue) -> [Prerequisite] {
        flag["prerequisites"]?.arrayValue?.compactMap { item in
            guard let flag = item["flag"]?.stringValue, let variant = item["variant"]?.stringValue else { return nil }
            return Prerequisite(flag: flag, variant: variant)
        } ?? []
    }

    /// What a flag's kill serves; nil where it isn't killed.
    static func kill(of key: String, in state: ReplicatedState) -> Kill? {
        state.bytes(of: EntryKey(.kill, key)).flatMap { try? Kill(storedBytes: $0) }
    }
}
