/// What the operator API shows of the webhook.
struct WebhookView: Sendable {
    /// Without one, nothing waits for it.
    var isSet: Bool
    var statistics: WebhookStatistics
    /// Read by nobody else who takes long.
    var store: StoreReader

    /// How many announcements it is yet to take.
    func waiting() async throws(ControlError) -> UInt64 {
        guard isSet else { return 0 }
        return UInt64(max(0, try await store.announcementsWaiting(for: .webhook)))
    }
}
