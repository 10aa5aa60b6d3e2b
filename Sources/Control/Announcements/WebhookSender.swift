import Foundation
import Logging
import Outbound

/// Sends what is announced to the webhook: in order, one at a time, each again and again until it was taken. Where it
/// stands is in the store, so that a restart goes on there, with the same ids. A receiver may get one twice: when the
/// process ended between the answer and the note of it. It knows it by its id.
struct WebhookSender: Sendable {
    let setting: WebhookSetting
    let signer: StandardWebhook
    let outbox: WebhookOutbox
    let caller: HTTPCaller
    let statistics: WebhookStatistics
    let logger: Logger
    /// Seconds since 1970.
    var clock: @Sendable () -> Int64 = { Int64(Moment.now.wall / 1_000) }

    /// Looks this often though nothing was heard of.
    private static let pause = Duration.seconds(5)

    /// Returns when its task is cancelled.
    func run() async {
        let changes = outbox.changes()
        guard var position = await start() else { return }
        let bell = Bell(changes, every: Self.pause)
        for await _ in bell.rings {
            while true {
                let after = position
                let items = await persisting("read", { try await outbox.following(after) })
                guard let items else { return }
                guard !items.isEmpty else { break }
                for item in items {
                    guard await send(item) else { return }
                    guard await persisting("kept", { try await outbox.keep(item.sequence) }) != nil else { return }
                    position = item.sequence
                }
            }
        }
    }

    /// Where to go on. What was announced before there was a webhook isn't sent to it.
    private func start() async -> Int64? {
        guard let (taken, newest) = await persisting("read", { try await outbox.position() }) else { return nil }
        if let taken {
            logger.info("webhook: goes on", metadata: ["url": "\(setting.shownURL)", "after": "\(taken)"])
            return taken
        }
        guard await persisting("kept", { try await outbox.keep(newest) }) != nil else { return nil }
        logger.info("webhook: begins with the next announcement", metadata: ["url": "\(setting.shownURL)"])
        return newest
    }

    /// Until it was taken; false when the task was cancelled before.
    private func send(_ item: StoredAnnouncement) async -> Bool {
        var backoff = Backoff()
        while !Task.isCancelled {
            let failure = await attempt(item)
            guard let failure else {
                statistics.delivered.count()
                if backoff.failures > 0 {
                    logger.notice(
                        "webhook: taken at last",
                        metadata: ["id": "\(item.id)", "attempts": "\(backoff.failures + 1)"])
                }
                return true
            }
            // A receiver that stopped because this node does.
            if Task.isCancelled { return false }
            statistics.failures.count()
            let pause = backoff.fail(draw: .random(in: 0..<1))
            if backoff.failures == 1 || backoff.failures.isMultiple(of: 20) {
                logger.warning(
                    "webhook: an announcement wasn't taken, and is sent again; those behind it wait",
                    metadata: [
                        "id": "\(item.id)", "reason": "\(failure)", "attempts": "\(backoff.failures)",
                        "url": "\(setting.shownURL)",
                    ])
            }
            try? await Task.sleep(for: pause)
        }
        return false
    }

    /// Nil when it was taken; otherwise why not.
    private func attempt(_ item: StoredAnnouncement) async -> String? {
        let headers =
            [("Content-Type", "application/json")]
            + signer.headers(id: item.id, timestamp: clock(), body: item.body)
        do {
            let status = try await caller.status(of: setting.url, headers: headers, body: item.body)
            return (200..<300).contains(status) ? nil : "HTTP \(status)"
        } catch {
            return error.text
        }
    }

    /// What the store refuses now it may give later; nil when the task was cancelled before.
    private func persisting<Value: Sendable>(
        _ what: String, _ body: @Sendable () async throws -> Value
    ) async -> Value? {
        var backoff = Backoff()
        while !Task.isCancelled {
            do {
                return try await body()
            } catch {
                if Task.isCancelled { return nil }
                if backoff.failures == 0 {
                    logger.error(
                        "webhook: the store refuses, and is asked again",
                        metadata: ["to be": "\(what)", "error": "\(error)"])
                }
                try? await Task.sleep(for: backoff.fail(draw: .random(in: 0..<1)))
            }
        }
        return nil
    }
}

/// Rings at the beginning, after each change, and after each pause.
private struct Bell: Sendable {
    let rings: AsyncStream<Void>

    init(_ changes: AsyncStream<Void>, every pause: Duration) {
        let (rings, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let following = Task { for await _ in changes { continuation.yield() } }
        let beating = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: pause)
                continuation.yield()
            }
        }
        continuation.onTermination = { _ in
            following.cancel()
            beating.cancel()
        }
        self.rings = rings
    }
}
