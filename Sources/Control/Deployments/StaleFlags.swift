import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// Flags that a launch has left without a purpose: everyone has the released variant by default, and the code that asks can go.
struct StaleFlags: Sendable {
    struct Launch: Sendable, Hashable {
        var release: String
        /// Milliseconds since 1970.
        var since: Int64
        var owner: String?

        var json: JSONValue {
            .object([
                "release": .string(release), "since": .string(Timestamp.text(milliseconds: since)),
                "owner": owner.map { .string($0) } ?? .null,
            ])
        }
    }

    private let launches: [ExactString: Launch]

    init(in state: EnvironmentState) {
        var launches: [ExactString: Launch] = [:]
        for release in state.releases.values where release.state == .launched {
            guard let record = release.history.last(where: { $0.to == .launched }) else { continue }
            for change in release.plan.changes where !ComponentKey.isComponent(change.flag) {
                let key = ExactString(change.flag)
                guard let bytes = state.committed.bytes(of: EntryKey(.flag, change.flag)),
                    StoredFlag.json(bytes)["defaultVariant"]?.stringValue.map({ $0.isExactly(change.variant) }) == true,
                    launches[key].map({ $0.since < record.at }) ?? true
                else { continue }
                launches[key] = Launch(release: release.plan.name, since: record.at, owner: release.plan.owner)
            }
        }
        self.launches = launches
    }

    /// The launch that made a flag stale, the last one; nil where it isn't.
    subscript(flag: String) -> Launch? { launches[ExactString(flag)] }
}
