import GRDB
import Replication

/// A revision, and when it was published.
struct PublishedRevision: Sendable, Hashable {
    var revision: Revision
    /// Milliseconds since 1970.
    var time: UInt64

    /// - Parameter row: with `number`, `epoch_counter`, `epoch_id` and `time`.
    init(_ row: Row) {
        let epoch = Epoch(counter: UInt64(bitPattern: row["epoch_counter"]), id: UInt64(bitPattern: row["epoch_id"]))
        revision = Revision(epoch: epoch, number: UInt64(bitPattern: row["number"]))
        time = UInt64(clamping: row["time"] as Int64)
    }
}
