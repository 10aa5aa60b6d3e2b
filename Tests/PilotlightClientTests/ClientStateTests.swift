import LookupProtocol
import Testing

@testable import PilotlightClient

@Suite struct ClientStateTests {
    private static let millisecond: UInt64 = 1_000_000

    /// A client whose waiters are numbers.
    private struct Client {
        var state = ClientState<Int>(maximumInFlight: 3)

        mutating func admit(_ waiter: Int, deadline: UInt64 = 250) -> ClientState<Int>.Admission {
            state.admit(
                waiter, key: "key-\(waiter)", expected: .bool, subject: LookupSubject(),
                deadline: deadline * ClientStateTests.millisecond)
        }

        /// The frames that would be sent, after the preamble if there is one.
        mutating func sent() throws -> (hasPreamble: Bool, frames: [ClientFrame]) {
            var bytes: [UInt8] = []
            _ = state.takeWork(into: &bytes)
            let hasPreamble = bytes.starts(with: Preamble.client())
            var rest = bytes.dropFirst(hasPreamble ? Preamble.clientLength : 0)
            var frames: [ClientFrame] = []
            while !rest.isEmpty {
                let length = try Array(rest).withUnsafeBytes {
                    try Frame.payloadLength(of: $0, limit: Frame.maximumRequestLength)
                }
                let payload = Array(rest.dropFirst(4).prefix(try #require(length)))
                frames.append(try payload.withUnsafeBytes { try ClientFrame.read($0) })
                rest = rest.dropFirst(4 + payload.count)
            }
            return (hasPreamble, frames)
        }
    }

    @Test func whatIsAskedWhileConnectingIsSentBehindThePreamble() throws {
        var client = Client()
        #expect(client.admit(1) == .waits(wakes: true), "the loop must learn of the deadline")
        #expect(try client.sent().frames.isEmpty)
        #expect(client.admit(2) == .waits(wakes: false))
        #expect(client.state.connected(at: 0) == true)
        let (hasPreamble, frames) = try client.sent()
        #expect(hasPreamble)
        #expect(frames.count == 2)
        guard case .lookup(let request) = frames.first else {
            Issue.record("\(frames)")
            return
        }
        #expect(request.key == "key-1" && request.expected == .bool)
        #expect(client.state.finish(request.id) == 1)
        #expect(try client.sent().frames.isEmpty, "sent twice")
    }

    @Test func callersThatComeTogetherWakeTheLoopOnce() throws {
        var client = Client()
        _ = client.state.connected(at: 0)
        _ = try client.sent()
        #expect(client.admit(1) == .waits(wakes: true))
        #expect(client.admit(2) == .waits(wakes: false))
        #expect(try client.sent().frames.count == 2)
        #expect(client.admit(3) == .waits(wakes: true))
    }

    @Test func whatIsBeyondTheLimitIsRefused() throws {
        var client = Client()
        for waiter in 1...3 { _ = client.admit(waiter) }
        #expect(client.admit(4) == .refused(.tooManyInFlight(3)))
        _ = client.state.connected(at: 0)
        #expect(try client.sent().frames.count == 3)
        #expect(client.state.finish(1) == 1)
        #expect(client.admit(4) == .waits(wakes: true))
    }

    @Test func deadlinesAreSweptAtWholeMilliseconds() throws {
        var client = Client()
        _ = client.admit(1, deadline: 20)
        _ = client.state.admit(
            2, key: "k", expected: .bool, subject: LookupSubject(), deadline: 10 * Self.millisecond + 1)
        var bytes: [UInt8] = []
        #expect(client.state.takeWork(into: &bytes) == 11 * Self.millisecond)
        let (waiters, problem, next) = client.state.sweep(at: 11 * Self.millisecond)
        #expect(waiters == [2] && problem == .notConnectedInTime && next == 20 * Self.millisecond)
        _ = client.state.connected(at: 12 * Self.millisecond)
        let second = client.state.sweep(at: 20 * Self.millisecond)
        #expect(second.waiters == [1] && second.problem == .noAnswerInTime && second.next == nil)
    }

    @Test func aLostConnectionFailsThoseWhoWait() throws {
        var client = Client()
        _ = client.admit(1)
        let failed = client.state.disconnected("there is no such socket", at: 0, chance: 0)
        #expect(failed.waiters == [1] && failed.problem == .unreachable("there is no such socket"))
        #expect(failed.retry == .after(BackOff.first / 2), "half of it is left to chance")
        #expect(client.admit(2) == .refused(.unreachable("there is no such socket")))
        #expect(client.state.retries() == true)
        #expect(client.admit(3) == .waits(wakes: false), "it goes with the preamble")
        _ = client.state.connected(at: 5)
        let frames = try client.sent().frames
        #expect(frames.count == 1, "what failed was sent all the same: \(frames)")
        let lost = client.state.disconnected("closed", at: 6, chance: 0)
        #expect(lost.waiters == [3] && lost.problem == .connectionLost("closed"))
    }

    @Test func watchingGoesOnWithTheNextConnection() throws {
        var client = Client()
        #expect(client.state.watch() == false, "it goes with the preamble")
        for _ in 0..<2 {
            _ = client.state.connected(at: 0)
            #expect(try client.sent().frames == [.watch(id: .max)])
            _ = client.state.disconnected("closed", at: 0, chance: 0)
            _ = client.state.retries()
        }
        var later = Client()
        _ = later.state.connected(at: 0)
        _ = try later.sent()
        #expect(later.state.watch() == true)
        #expect(later.state.watch() == false, "one watch serves all who follow")
        #expect(try later.sent().frames == [.watch(id: .max)])
    }

    @Test func nothingGoesOnAfterTheShutdown() {
        var client = Client()
        _ = client.admit(1)
        _ = client.admit(2)
        #expect(client.state.shutDown().sorted() == [1, 2])
        #expect(client.admit(3) == .refused(.shutDown))
        #expect(client.state.connected(at: 0) == false)
        #expect(client.state.disconnected("closed", at: 0, chance: 0).retry == .never)
        #expect(client.state.retries() == false)
        #expect(client.state.watch() == false)
        #expect(client.state.shutDown() == [])
    }

    @Test func theWaitBetweenAttemptsGrowsToALimit() {
        var client = Client()
        var waits: [UInt64] = []
        for _ in 0..<10 {
            if case .after(let wait) = client.state.disconnected("no", at: 0, chance: 1).retry { waits.append(wait) }
            _ = client.state.retries()
        }
        #expect(waits.count == 10 && waits.first == BackOff.first && waits.last == BackOff.limit)
        #expect(waits == waits.sorted())
        _ = client.state.connected(at: 0)
        _ = client.state.disconnected("closed", at: BackOff.limit, chance: 0)
        let next = client.state.disconnected("no", at: BackOff.limit, chance: 0)
        #expect(next.retry == .after(BackOff.first / 2), "a good connection begins it anew; half is left to chance")
    }

    @Test func aLostConnectionIsMadeAgainAtOnceButNotOverAndOver() throws {
        var client = Client()
        _ = client.state.connected(at: 0)
        _ = try client.sent()
        _ = client.admit(1)
        let lost = client.state.disconnected("closed", at: 10, chance: 0)
        #expect(lost.retry == .atOnce && lost.waiters == [1] && lost.problem == .connectionLost("closed"))
        #expect(client.state.phase == .connecting)
        #expect(client.admit(2) != .refused(.unreachable("closed")), "it waits for the attempt")
        let failed = client.state.disconnected("nobody listens on it", at: 11, chance: 0)
        #expect(failed.waiters == [2] && failed.retry == .after(BackOff.first / 2))
        _ = client.state.retries()
        _ = client.state.connected(at: 20)
        #expect(client.state.disconnected("closed", at: 30, chance: 0).retry == .after(BackOff.first))
        _ = client.state.retries()
        _ = client.state.connected(at: 40)
        #expect(client.state.disconnected("closed", at: 10 + BackOff.limit, chance: 0).retry == .atOnce)
    }

    @Test func theLengthOfARequestIsKnownBeforeItIsWritten() {
        let subjects = [
            LookupSubject(), LookupSubject(targetingKey: "čau"),
            LookupSubject(targetingKey: "", context: Array("{}".utf8), wantsMetadata: true),
        ]
        for subject in subjects {
            var bytes: [UInt8] = []
            LookupRequest(id: 1, key: "žlutý", expected: .bool, subject: subject).write(to: &bytes)
            #expect(bytes.count == LookupRequest.length(key: "žlutý", subject: subject))
        }
    }
}
