import Synchronization

/// What a webhook's sender did since this process started.
final class WebhookStatistics: Sendable {
    let delivered = Atomic<UInt64>(0)
    /// Attempts that weren't answered with 2xx.
    let failures = Atomic<UInt64>(0)
}
