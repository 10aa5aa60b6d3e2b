import Flags
import HashTreeCollections
import JSON
import Replication

/// What a path is about that flags and components have in common: which of the two, and its flag key.
enum SubjectPath: Sendable {
    case flag
    case component

    /// The name in the path as a flag key.
    func key(_ request: APIRequest) throws(Refusal) -> String {
        switch self {
        case .flag:
            let key = try request.path("flag")
            // No flag has such a key, and no component is reached by it.
            guard !ComponentKey.isComponent(key) else {
                throw Refusal(
                    .unknown, "No such flag", detail: "a flag key can't begin with a control character",
                    hint: "`pilotlight flag list` shows them all")
            }
            return key
        case .component: return ComponentKey.flagKey(of: try request.path("component"))
        }
    }

    /// The same, of one that is there.
    func present(_ request: APIRequest, in state: ReplicatedState) throws(Refusal) -> String {
        let key = try key(request)
        guard state.entries[EntryKey(deciding: key)] != nil else { throw .unknown(key, in: state) }
        return key
    }

    /// What bodies call one of its values.
    var variant: String {
        switch self {
        case .flag: "variant"
        case .component: "version"
        }
    }
}
