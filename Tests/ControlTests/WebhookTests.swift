import Foundation
import Harness
import JSON
import Logging
import Outbound
import Synchronization
import Testing

@testable import Control

/// Announcements on their way to a real receiver, which fails, stalls, dies and comes back.
@Suite struct WebhookTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    // MARK: The signature

    /// The published example of the Standard Webhooks specification.
    @Test func theSignatureIsThePublishedOne() throws {
        let signer = try #require(StandardWebhook(secret: " \(Self.secret)\n"))
        let signature = signer.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func aSecretMayBeAnyText() throws {
        // echo -n 'msg.1.{}' | openssl dgst -sha256 -hmac 'a plain text' -binary | base64
        let signer = try #require(StandardWebhook(secret: "a plain text\n"))
        #expect(signer.signature(id: "msg", timestamp: 1, body: Array("{}".utf8)) == Self.plainSignature)
        #expect(StandardWebhook(secret: "whsec_not base64!") == nil)
        #expect(StandardWebhook(secret: "whsec_") == nil)
        #expect(StandardWebhook(secret: " \n") == nil)
    }

    private static let plainSignature = "v1,qE5nrvW5ohNU4D73o3A1jqp0c04YUdoHy52csebyiUE="

    @Test func waitsDoubleUpToAMinuteAndAreDrawn() {
        var backoff = Backoff()
        #expect(backoff.fail(draw: 1) == .milliseconds(200))
        #expect(backoff.fail(draw: 1) == .milliseconds(400))
        #expect(backoff.fail(draw: 0) == .milliseconds(400))
        for _ in 0..<20 { _ = backoff.fail(draw: 0.3) }
        #expect(backoff.fail(draw: 1) == .seconds(60))
        #expect(backoff.fail(draw: 0) == .seconds(30))
        backoff.succeed()
        #expect(backoff.fail(draw: 0) == .milliseconds(200))
    }

    // MARK: What can't be used

    @Test func aSettingThatCantBeUsedIsSaidAtTheStart() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path("secret")
        try "whsec_%%%".write(toFile: file, atomically: true, encoding: .utf8)
        for (url, path, part) in [
            ("ftp://a/b", file, "ftp can't be asked"), ("http://", file, "names no host"),
            (
                "https://ann:pass@hooks.example/in", file,
                "https://hooks.example/in: a name and a password in it wouldn't"
            ),
            ("http://127.0.0.1:1/", directory.path("none"), "can't be read"),
            ("http://127.0.0.1:1/", file, "holds no secret"),
        ] {
            let setting = WebhookSetting(url: url, secretFile: path)
            let error = #expect(throws: ControlError.self) { try setting.signer() }
            #expect(error?.description.contains(part) == true, "\(String(describing: error))")
            #expect(error?.description.contains("%%%") == false)
        }
        let shown = WebhookSetting(url: "https://ann:pass@hooks.example/in?token=abc", secretFile: file).shownURL
        #expect(!shown.contains("pass") && !shown.contains("abc") && shown.contains("hooks.example/in"))
    }

    // MARK: On the way

    /// An outbox in memory, whose sender is a task of its own.
    private final class Outbox: Sendable {
        private struct State {
            var items: [StoredAnnouncement] = []
            var taken: Int64?
            var bells: [AsyncStream<Void>.Continuation] = []
            var refusals = 0
        }

        private let state: Mutex<State>

        init(taken: Int64? = 0) { state = Mutex(State(taken: taken)) }

        var taken: Int64? { state.withLock { $0.taken } }

        /// The store refuses so many times from now on.
        func refuse(_ times: Int) { state.withLock { $0.refusals = times } }

        func announce(_ ids: [String]) {
            let bells = state.withLock { state in
                for id in ids {
                    var item = StoredAnnouncement(
                        environment: 1, id: id, release: "r", kind: "launched", time: 1,
                        body: Array("{\"id\":\"\(id)\"}".utf8))
                    item.sequence = (state.items.last?.sequence ?? 0) + 1
                    state.items.append(item)
                }
                return state.bells
            }
            for bell in bells { bell.yield() }
        }

        private func refuseIfTold(_ state: inout State) throws {
            guard state.refusals > 0 else { return }
            state.refusals -= 1
            throw ControlError.store(path: "here", reason: "the disk is full")
        }

        var outbox: WebhookOutbox {
            WebhookOutbox(
                position: { self.state.withLock { ($0.taken, $0.items.last?.sequence ?? 0) } },
                following: { after in
                    try self.state.withLock { state in
                        try self.refuseIfTold(&state)
                        return Array(state.items.filter { $0.sequence > after }.prefix(3))
                    }
                },
                keep: { sequence in
                    try self.state.withLock { state in
                        try self.refuseIfTold(&state)
                        state.taken = sequence
                    }
                },
                changes: {
                    let (stream, bell) = AsyncStream<Void>.makeStream()
                    self.state.withLock { $0.bells.append(bell) }
                    return stream
                })
        }
    }

    private final class Sending: Sendable {
        let statistics = WebhookStatistics()
        private let caller = HTTPCaller(limit: .seconds(10))
        private let task: Task<Void, Never>

        init(_ outbox: Outbox, to url: String, logger: Logger = .silent) throws {
            let sender = WebhookSender(
                setting: WebhookSetting(url: url, secretFile: ""),
                signer: try #require(StandardWebhook(secret: WebhookTests.secret)), outbox: outbox.outbox,
                caller: caller, statistics: statistics, logger: logger)
            task = Task(executorPreference: TestThreads.shared) { await sender.run() }
        }

        func stop() async {
            task.cancel()
            await task.value
            await caller.shutdown()
        }
    }

    private func ids(_ receiver: HTTPReceiver) -> [String] { receiver.requests.compactMap { $0.headers["webhook-id"] } }

    @Test func eachIsSentInOrderSignedAndKept() async throws {
        let outbox = Outbox()
        let receiver = try HTTPReceiver()
        let sending = try Sending(outbox, to: receiver.url)
        outbox.announce((1...7).map { "e-\($0)" })
        try await eventually("all are taken") { _ in outbox.taken == 7 }
        #expect(ids(receiver) == (1...7).map { "e-\($0)" })
        let signer = try #require(StandardWebhook(secret: Self.secret))
        for request in receiver.requests {
            #expect(request.method == "POST" && request.path == "/hook")
            #expect(request.headers["content-type"] == "application/json")
            let time = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
            #expect(abs(time - Int64(Date().timeIntervalSince1970)) < 60)
            let id = try #require(request.headers["webhook-id"])
            #expect(request.text == "{\"id\":\"\(id)\"}")
            #expect(
                request.headers["webhook-signature"] == signer.signature(id: id, timestamp: time, body: request.body))
        }
        #expect(sending.statistics.delivered.read() == 7 && sending.statistics.failures.read() == 0)
        await sending.stop()
    }

    @Test func aNewOneIsSentAtOnce() async throws {
        let outbox = Outbox()
        let receiver = try HTTPReceiver()
        let sending = try Sending(outbox, to: receiver.url)
        outbox.announce(["first"])
        try await eventually("the first is taken") { _ in outbox.taken == 1 }
        // By itself it looks each five seconds: for these four it would take fifteen at least. A busy machine may hold up some.
        var quickest = Duration.seconds(60)
        for round in 0..<4 where quickest >= .seconds(10) {
            let start = ContinuousClock.now
            for number in 1...4 {
                outbox.announce(["\(round)-\(number)"])
                let count = Int64(1 + 4 * round + number)
                try await eventually("the next is taken", every: .milliseconds(2)) { _ in outbox.taken == count }
            }
            quickest = min(quickest, ContinuousClock.now - start)
        }
        #expect(quickest < .seconds(10))
        await sending.stop()
    }

    /// Fails in every way there is, then takes: nothing overtakes, nothing is lost, and the id stays.
    @Test func whatFailsIsSentAgainAndNothingOvertakesIt() async throws {
        let outbox = Outbox()
        let receiver = try HTTPReceiver { index, _ in
            switch index {
            case 0: .status(500)
            case 1: .fields(302, ["Location: http://127.0.0.1:1/"])
            case 2: .end
            case 3: .raw("what?\r\n\r\n")
            default: .status(200)
            }
        }
        let sending = try Sending(outbox, to: receiver.url)
        outbox.announce(["a", "b"])
        try await eventually("both are taken") { _ in outbox.taken == 2 }
        #expect(ids(receiver) == ["a", "a", "a", "a", "a", "b"])
        #expect(Set(receiver.requests.dropLast().map(\.text)) == ["{\"id\":\"a\"}"])
        #expect(sending.statistics.failures.read() == 4 && sending.statistics.delivered.read() == 2)
        await sending.stop()
    }

    @Test func aReceiverThatDiesAndComesBackGetsTheRest() async throws {
        let outbox = Outbox()
        let receiver = try HTTPReceiver()
        let sending = try Sending(outbox, to: receiver.url)
        outbox.announce(["a"])
        try await eventually("the first is taken") { _ in outbox.taken == 1 }
        receiver.stop()
        outbox.announce(["b", "c"])
        try await eventually("it was refused") { _ in sending.statistics.failures.read() >= 2 }
        #expect(outbox.taken == 1)
        try receiver.start()
        try await eventually("the rest is taken") { _ in outbox.taken == 3 }
        #expect(ids(receiver) == ["a", "b", "c"])
        await sending.stop()
    }

    @Test func aReceiverThatStallsIsLeftAfterTenSeconds() async throws {
        let outbox = Outbox()
        let receiver = try HTTPReceiver { index, _ in index == 0 ? .silence : .status(200) }
        let sending = try Sending(outbox, to: receiver.url)
        let start = ContinuousClock.now
        outbox.announce(["a"])
        try await eventually("it is taken") { _ in outbox.taken == 1 }
        #expect(ContinuousClock.now - start > .seconds(9))
        #expect(ids(receiver) == ["a", "a"])
        await sending.stop()
    }

    @Test func stoppingDoesntWaitForAReceiverThatStalls() async throws {
        let outbox = Outbox()
        let receiver = try HTTPReceiver { _, _ in .silence }
        let sending = try Sending(outbox, to: receiver.url)
        outbox.announce(["a"])
        try await eventually("it is under way") { _ in receiver.requests.count == 1 }
        await sending.stop()
        // It was broken off before it was given up.
        #expect(outbox.taken == 0 && sending.statistics.failures.read() == 0)
        // Whoever comes next sends it again, with the same id.
        let next = try HTTPReceiver()
        let again = try Sending(outbox, to: next.url)
        try await eventually("it is taken") { _ in outbox.taken == 1 }
        #expect(ids(next) == ["a"])
        await again.stop()
    }

    @Test func whatTheStoreRefusesIsKeptLater() async throws {
        let outbox = Outbox()
        let receiver = try HTTPReceiver()
        outbox.refuse(2)
        let sending = try Sending(outbox, to: receiver.url)
        outbox.announce(["a"])
        try await eventually("it is taken") { _ in outbox.taken == 1 }
        #expect(ids(receiver) == ["a"])
        await sending.stop()
    }

    @Test func withoutAPositionItBeginsAtTheEnd() async throws {
        let outbox = Outbox(taken: nil)
        outbox.announce(["old", "older"])
        let receiver = try HTTPReceiver()
        let sending = try Sending(outbox, to: receiver.url)
        try await eventually("it stands at the end") { _ in outbox.taken == 2 }
        outbox.announce(["new"])
        try await eventually("the new one is taken") { _ in outbox.taken == 3 }
        #expect(ids(receiver) == ["new"])
        await sending.stop()
    }

    @Test func aUnixSocketWillDo() async throws {
        let directory = try TemporaryDirectory()
        let outbox = Outbox()
        let receiver = try HTTPReceiver(at: .unix(directory.path("hook.sock")))
        let sending = try Sending(outbox, to: receiver.url)
        outbox.announce(["a"])
        try await eventually("it is taken") { _ in outbox.taken == 1 }
        await sending.stop()
    }
}
