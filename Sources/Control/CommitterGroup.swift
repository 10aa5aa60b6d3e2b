/// One group of changes under way: planned, numbered, not stored yet.
struct CommitterGroup {
    var rows: [ControlStore.LogRow] = []
    var records: [ControlStore.RecordRow] = []
    var announcements: [StoredAnnouncement] = []
    /// Environments whose records change.
    var recorded: Set<String> = []
    var agents: [ControlStore.AgentRow] = []
    /// By environment and idempotency key.
    var requests: [String: AnsweredRequest] = [:]
    var bytes = 0
    var answers: [(Result<Void, Refusal>) -> Void] = []

    var isEmpty: Bool { !hasToBeStored && answers.isEmpty }

    var hasToBeStored: Bool {
        !rows.isEmpty || !records.isEmpty || !announcements.isEmpty || !agents.isEmpty || !requests.isEmpty
    }
}
