/// Something that control keeps of an environment besides what agents are told: stored in the same transaction as the delta
/// that belongs to it, and without one where nothing changes for agents.
package struct ControlRecord: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable { case release, deployment, freeze }

    package var kind: Kind
    /// Unique among an environment's records of its kind.
    package var name: String
    /// Canonical JSON; nil where there is none any more.
    package var bytes: [UInt8]?

    package init(_ kind: Kind, _ name: String, _ bytes: [UInt8]?) {
        self.kind = kind
        self.name = name
        self.bytes = bytes
    }
}
