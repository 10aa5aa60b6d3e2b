import Flags
import JSON
import Replication

/// The stored bytes of a flag or a component, read back.
enum StoredFlag {
    /// Null for bytes that aren't JSON: the store's digest check leaves no way to that.
    static func json(_ bytes: [UInt8]) -> JSONValue { JSONReader.read(bytes).value ?? .null }

    /// What is stored under a flag key.
    static func json(of key: String, in state: ReplicatedState) throws(Refusal) -> JSONValue {
        guard let bytes = state.bytes(of: EntryKey(deciding: key)) else { throw .unknown(key, in: state) }
        return json(bytes)
    }

    /// A flag's definition: what was accepted once is taken as it is.
    static func definition(of key: String, in state: ReplicatedState) throws(Refusal) -> FlagDefinition {
        try read(key, state) { json, problems in
            FlagDefinition.read(
                key: key, json, at: JSONPointer(), lenient: true, knownPilots: { _ in true }, problems: &problems)
        }
    }

    /// A component's, likewise.
    static func definition(
        ofComponent name: String, in state: ReplicatedState
    ) throws(Refusal) -> ComponentDefinition {
        try read(ComponentKey.flagKey(of: name), state) { json, problems in
            ComponentDefinition.read(
                name, json, at: JSONPointer(), lenient: true, knownPilots: { _ in true }, problems: &problems)
        }
    }

    private static func read<Definition>(
        _ key: String, _ state: ReplicatedState, _ reader: (JSONValue, inout [Problem]) -> Definition?
    ) throws(Refusal) -> Definition {
        var problems: [Problem] = []
        guard let read = reader(try json(of: key, in: state), &problems) else {
            let subject = Subject(key)
            throw Refusal(
                .failed, "\(subject.heading) can't be read",
                detail: "the definition of \(subject.title) can't be read: "
                    + problems.map(\.description).joined(separator: "; "),
                hint: "apply it anew")
        }
        return read
    }

    /// The prerequisites of a stored definition, in their order.
    static func prerequisites(in flag: JSONValue) -> [FlagVariant] {
        flag["prerequisites"]?.arrayValue?.compactMap { FlagVariant($0) } ?? []
    }

    /// What the kill of a flag or a component serves; nil where it isn't killed.
    static func kill(of key: String, in state: ReplicatedState) -> Kill? {
        state.bytes(of: EntryKey(.kill, key)).flatMap { try? Kill(storedBytes: $0) }
    }
}
