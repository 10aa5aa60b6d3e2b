/// What the shell around a `Replica` is to do, in this order.
package enum ReplicaAction: Sendable {
    case send(SyncRequest.Body)
    /// Cache it, then swap it in, then report it.
    case commit(Batch)
    /// Report at once, before anything that follows: control is to hear what this agent holds now.
    case report
    case note(ReplicaNote)
}

/// Something worth a line in the log.
package enum ReplicaNote: Sendable, Hashable, CustomStringConvertible {
    case gap(from: UInt64, to: UInt64, noticedBy: String)
    case healed(from: UInt64, to: UInt64, how: String)
    /// The digest after a delta, or at a heartbeat's number, differs; the state is fetched anew.
    case digestDiffers(number: UInt64, ownDamage: Bool)
    case keepsState(Epoch, against: Epoch)
    case followsAgain(Epoch)
    case newEpoch(from: Epoch, to: Epoch)
    case refused(SyncReply.Refusal, String)
    case snapshotMismatch(UInt64)
    case malformed(String)

    package var description: String {
        switch self {
        case .gap(let from, let to, let noticedBy): "gap: from \(from) to \(to), noticed by \(noticedBy)"
        case .healed(let from, let to, let how): "healed: from \(from) to \(to), by \(how)"
        case .digestDiffers(let number, let ownDamage):
            "digest differs at revision \(number)" + (ownDamage ? ": this agent's state is damaged" : "")
                + "; fetching the whole state"
        case .keepsState(let own, let other):
            "this agent holds epoch \(own) and keeps its state: the control node publishes epoch \(other), which is "
                + "another history. On the control node, see `pilotlight environment list`"
        case .followsAgain(let epoch): "the control node publishes epoch \(epoch) again: following it"
        case .newEpoch(let from, let to): "the control node began epoch \(to) (was \(from)): fetching what differs"
        case .refused(let refusal, let text): "the control node refuses (\(refusal)): \(text)"
        case .snapshotMismatch(let number): "what was fetched for revision \(number) has another digest: fetching again"
        case .malformed(let text): text
        }
    }
}
