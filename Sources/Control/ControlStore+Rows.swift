import Replication

/// What is written into the store.
extension ControlStore {
    /// A revision to be stored: what it changes, and who did it.
    struct LogRow: Sendable {
        var environment: Int64
        var delta: Delta
        /// The delta, encoded: the bytes that are published and handed to catch-ups.
        var bytes: [UInt8]
        var actor: String
        var message: String
        /// What the delta touches, as it was before.
        var touched: [Touch]
        var created: [EntryKey]
        var deleted: [EntryKey]
        var set: String?

        var touchedBytes: Int {
            touched.reduce(0) { $0 + ($1.before?.count ?? 0) + ($1.dropped?.reduce(0) { $0 + $1.utf8.count } ?? 0) }
        }
    }

    /// What a change does to one of an environment's records.
    struct RecordRow: Sendable {
        var environment: Int64
        var record: ControlRecord
    }

    /// What one agent's registry row holds; nil for a row to be deleted.
    struct AgentRow: Sendable {
        var environment: String
        var id: String
        var record: [UInt8]?
    }
}
