/// Control has heard of a history that isn't its own. It takes no writes until an operator begins a new epoch.
package struct Divergence: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable {
        /// An agent stands at a higher number of this very epoch: control's data is older (a restored backup).
        case higherNumber = "higher-number"
        /// The same number, another content: both histories went on after a backup was restored.
        case otherDigest = "other-digest"
        /// An agent has seen a later epoch.
        case higherEpoch = "higher-epoch"
        /// The same counter with another id: a second control node, or one with an empty data directory.
        case otherEpoch = "other-epoch"
    }

    package var kind: Kind
    /// Where the agent stands.
    package var heard: Revision
    package var heardDigest: Digest
    /// Where control stood when it heard.
    package var own: Revision

    package init(_ kind: Kind, heard: Revision, heardDigest: Digest, own: Revision) {
        self.kind = kind
        self.heard = heard
        self.heardDigest = heardDigest
        self.own = own
    }

    package var description: String {
        switch kind {
        case .higherNumber:
            "an agent holds revision \(heard.number) of this epoch, this control node only \(own.number): "
                + "was an older backup restored?"
        case .otherDigest:
            "an agent holds other content at revision \(heard.number) than this control node: "
                + "was a backup restored and written to?"
        case .higherEpoch:
            "an agent holds epoch \(heard.epoch), this control node \(own.epoch): was an older backup restored?"
        case .otherEpoch:
            "an agent holds another history (epoch \(heard.epoch)) than this control node (epoch \(own.epoch)): "
                + "was it started on an empty or foreign data directory?"
        }
    }
}
