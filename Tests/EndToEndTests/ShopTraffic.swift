import Foundation
import Harness
import Synchronization

/// Users who visit a shop over and over on a few threads, each with its own cookies, and what happened to them.
final class ShopTraffic: Sendable {
    /// When a user comes for the first time.
    enum Arrival: Int, Sendable {
        case first, agentDead, controlDead, bothDead
    }

    struct User: Sendable {
        /// The targeting key of somebody who has signed in; nil for a visitor whom nobody knows.
        var key: String?
        var arrival: Arrival
        var cookies: [String: String] = [:]
        /// What the agent gave last.
        var given: ShopAnswer.Given?
        /// The side that served the last visit, whoever chose it.
        var side: String?
        /// The last visit's side is the agent's choice.
        var wasAnswered = false

        /// What the agent tells it by.
        var targetingKey: String? { key ?? cookies["visitor"] }
    }

    struct Tally: Sendable {
        var visits = 0
        /// Visits for which nginx had no answer of the agent's.
        var unanswered = 0
        var failed: [String] = []
        /// Users who had the green side and were served by the blue one.
        var wentBack: [String] = []
        /// Answers that no rule allows: a side with another's version, a second key for one visitor.
        var odd: [String] = []
        var rounds = 0
    }

    /// The users of one thread.
    private final class Share: Sendable {
        struct Content {
            var users: [User]
            var tally = Tally()
        }

        private let content: Mutex<Content>

        init(_ users: [User]) { content = Mutex(Content(users: users)) }

        func withLock<Value: Sendable>(_ body: (inout sending Content) -> sending Value) -> Value {
            content.withLock(body)
        }
    }

    private struct State {
        var arrival = Arrival.first
        var isStopped = false
    }

    private let port: Int
    private let shares: [Share]
    private let state = Mutex(State())

    init(_ users: [User], to port: Int, threads: Int = 4) {
        self.port = port
        shares = (0..<threads).map { thread in
            Share(users.indices.filter { $0 % threads == thread }.map { users[$0] })
        }
    }

    // MARK: What came of it

    var users: [User] { shares.flatMap { $0.withLock { $0.users } } }

    var tally: Tally {
        shares.reduce(into: Tally()) { sum, share in
            let own = share.withLock { $0.tally }
            sum.visits += own.visits
            sum.unanswered += own.unanswered
            sum.failed += own.failed
            sum.wentBack += own.wentBack
            sum.odd += own.odd
            sum.rounds += own.rounds
        }
    }

    // MARK: Its life

    /// Returns after `stop`.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for share in shares.indices { group.addTask { try await onThread { self.visits(share) } } }
            try await group.waitForAll()
        }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    /// Lets those in who come with `arrival`.
    func arrive(_ arrival: Arrival) { state.withLock { $0.arrival = arrival } }

    /// Waits until everyone has been there whose visit began after this was asked for.
    func everyoneVisits() async throws {
        let before = shares.map { $0.withLock { $0.tally.rounds } }
        try await eventually("everyone has been there", within: .seconds(600)) { sighting in
            let rounds = zip(self.shares, before).map { share, before in share.withLock { $0.tally.rounds } - before }
            sighting.note(rounds)
            // The first of them may have been under way.
            return rounds.allSatisfy { $0 >= 2 }
        }
    }

    /// Waits until everyone who came with `arrival` has had an answer of the agent's, for which the load balancer doesn't wait
    /// long.
    func everyoneIsAnswered(_ arrival: Arrival) async throws {
        try await eventually("everyone has an answer of the agent's", within: .seconds(600)) { sighting in
            let waiting = self.users.count { $0.arrival == arrival && $0.given == nil }
            sighting.note("\(waiting) have none")
            return waiting == 0
        }
    }

    // MARK: Visits

    private func visits(_ number: Int) {
        let connection = ShopConnection(port)
        let count = shares[number].withLock { $0.users.count }
        while true {
            let arrival = state.withLock { $0.arrival }
            for index in 0..<count {
                if state.withLock({ $0.isStopped }) { return }
                let user = shares[number].withLock { $0.users[index] }
                guard user.arrival.rawValue <= arrival.rawValue else { continue }
                let result = Result { try connection.visit(as: user.key, cookies: user.cookies) }
                shares[number].withLock { share in
                    share.tally.visits += 1
                    switch result {
                    case .success(let answer): share.users[index].take(answer, &share.tally)
                    case .failure(let error): share.tally.failed.append("\(user.name): \(error)")
                    }
                }
            }
            shares[number].withLock { $0.tally.rounds += 1 }
        }
    }
}

extension ShopAnswer {
    struct Given: Sendable, Hashable {
        var side: String
        var version: String
    }

    /// What the agent gave; nil when the load balancer chose by itself.
    var given: Given? { version.map { Given(side: side, version: $0) } }
}

extension ShopTraffic.User {
    var name: String { targetingKey ?? "a new visitor" }

    /// Takes the cookies of an answer, as a browser does, and notes what is wrong with it.
    fileprivate mutating func take(_ answer: ShopAnswer, _ tally: inout ShopTraffic.Tally) {
        for cookie in answer.cookies {
            if cookie.name == "visitor", key != nil || cookies["visitor"] != nil {
                tally.odd.append("\(name) was given the key \(cookie.value)")
            }
            cookies[cookie.name] = cookie.value
        }
        if answer.user != targetingKey ?? "" { tally.odd.append("\(name) was announced as \(answer.user)") }
        if side == "green", answer.side == "blue" { tally.wentBack.append(name) }
        side = answer.side
        wasAnswered = answer.given != nil
        if let new = answer.given {
            given = new
            let right = new.side == "blue" ? "1.0" : "1.1"
            if new.version != right { tally.odd.append("\(name) was on \(new.side) with version \(new.version)") }
            if cookies["shop_side"] != new.side { tally.odd.append("\(name) didn't get a cookie for \(new.side)") }
        } else {
            tally.unanswered += 1
        }
    }
}
