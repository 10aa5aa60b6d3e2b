import Foundation
import Harness
import JSON
import Synchronization
import Testing

/// The component `shop`, version 1.0 on the blue side and 1.1 on the green one, with users who visit it by a load balancer.
final class Shop: Sendable {
    let cluster: Cluster
    let balancer: Balancer
    let traffic: ShopTraffic
    private let lines: Mutex<[String]>

    /// Three tenths of the users come later, a tenth each time.
    init(keyed: Int, anonymous: Int, by program: Balancer.Program = .nginx) async throws {
        cluster = try await Cluster(agents: 1)
        lines = Mutex(["\(keyed) keyed and \(anonymous) anonymous users"])
        for words in [
            ["create", "shop", "--version", "1.0", "--upstream", "blue"],
            ["add-version", "shop", "1.1", "--upstream", "green"],
        ] {
            try await Self.component(words, cluster)
        }
        try cluster.control.deployed("shop", "1.1")
        try await cluster.converged()
        balancer = try await Balancer(program, asking: cluster.agents[0].socket, in: cluster.directory)
        func users(_ count: Int, _ key: (Int) -> String?) -> [ShopTraffic.User] {
            (0..<count).map {
                ShopTraffic.User(key: key($0), arrival: ShopTraffic.Arrival(rawValue: $0 % 10) ?? .first)
            }
        }
        traffic = ShopTraffic(users(keyed) { "user-\($0)" } + users(anonymous) { _ in nil }, to: balancer.port)
    }

    @discardableResult
    private static func component(_ words: [String], _ cluster: Cluster) async throws -> CommandResult {
        let result = try await Pilotlight.run(["component"] + words + ["--control-url", cluster.control.url])
        guard result.code == 0 else { throw HarnessError("component \(words.joined(separator: " ")): \(result)") }
        return result
    }

    private func say(_ line: String) { lines.withLock { $0.append(line) } }

    var report: String { lines.withLock { $0.map { "balancer: \($0)" }.joined(separator: "\n") } }

    // MARK: What is done to it, and what must come of it

    func split(_ percent: Int) async throws {
        try await Self.component(["split", "shop", "1.0=\(100 - percent)", "1.1=\(percent)"], cluster)
    }

    /// The agent is dead: everyone keeps the side, and newcomers are served by the default one.
    func expectOutage(newcomers: ShopTraffic.Arrival, _ when: String) async throws {
        // What the agent answered before it died has come through.
        try await traffic.everyoneVisits()
        let unanswered = traffic.tally.unanswered
        let before = traffic.users
        traffic.arrive(newcomers)
        try await traffic.everyoneVisits()
        let after = traffic.users
        #expect(traffic.tally.unanswered >= unanswered + after.count { $0.side != nil })
        var moved = 0
        for (old, new) in zip(before, after) {
            if let given = old.given, new.given != given || new.side != given.side { moved += 1 }
        }
        let new = after.filter { $0.arrival == newcomers }
        #expect(moved == 0)
        #expect(!new.isEmpty && new.allSatisfy { $0.given == nil && $0.side == "blue" && $0.cookies.isEmpty })
        say("while \(when): \(before.count { $0.given != nil }) users had a side, \(moved) were served by another")
        say("while \(when): \(new.count) users were seen first, all served by the default side")
    }

    /// Once the agent answers, of `newcomers` so many are on the green side as the split says.
    func expectShare(_ percent: Int, of newcomers: ShopTraffic.Arrival, _ when: String) async throws {
        try await traffic.everyoneIsAnswered(newcomers)
        let users = traffic.users.filter { $0.arrival == newcomers }
        for (name, group) in [
            ("keyed", users.filter { $0.key != nil }), ("anonymous", users.filter { $0.key == nil }),
        ] {
            let share = Double(percent) / 100
            let green = group.count { $0.given?.side == "green" }
            let wanted = share * Double(group.count)
            let deviations = (Double(green) - wanted) / (wanted * (1 - share)).squareRoot()
            #expect(abs(deviations) <= 4.5, "\(name), \(when): \(green) of \(group.count) at \(percent) %")
            say(
                "first seen while \(when), \(name): \(green) of \(group.count) on green at \(percent) %, "
                    + String(format: "%+.2f sd", deviations))
        }
    }

    /// Everyone is where `component who` says.
    func expectSides(_ percent: Int) async throws {
        let users = traffic.users
        // Whose last visit the agent didn't answer in time is where it was.
        let known = users.filter { $0.wasAnswered }
        var wrong = 0
        var counts: [String: Int] = [:]
        for (side, version) in [("blue", "1.0"), ("green", "1.1")] {
            let keys = known.filter { $0.side == side }.compactMap(\.targetingKey)
            counts[side] = keys.count
            guard !keys.isEmpty else { continue }
            let file = try cluster.directory.write("\(side).txt", keys.joined(separator: "\n") + "\n")
            let result = try await Self.component(["who", "shop", "--keys-from", file, "--json"], cluster)
            #expect(result.json["users"]?.integerValue == Int64(keys.count), "\(result)")
            let rows = result.json["variants"]?.arrayValue ?? []
            #expect(!rows.isEmpty, "\(result)")
            for row in rows where row["variant"]?.stringValue != version {
                wrong += Int(row["count"]?.integerValue ?? 1)
            }
        }
        #expect(wrong == 0, "at \(percent) %")
        let late = users.count { $0.side != nil && !$0.wasAnswered }
        say(
            "\(percent) %: \(counts["green", default: 0]) of \(known.count) users on green, "
                + "\(wrong) otherwise than component who says" + (late == 0 ? "" : ", \(late) not answered in time"))
    }

    /// In all the traffic there was.
    func expectNothingWrong() {
        let tally = traffic.tally
        #expect(tally.failed.isEmpty, "\(tally.failed.prefix(5))")
        #expect(tally.wentBack.isEmpty, "\(tally.wentBack.prefix(5))")
        #expect(tally.odd.isEmpty, "\(tally.odd.prefix(5))")
        say(
            "\(tally.visits) requests, \(tally.failed.count) failed, \(tally.unanswered) without an answer of the agent's; "
                + "\(tally.wentBack.count) users went back, \(tally.odd.count) odd answers")
    }

    // MARK: What it costs

    /// One visit that asks the agent and one that doesn't, by turns, on a connection each.
    func measure(pairs: Int) throws {
        let connections = [ShopConnection(balancer.unaskedPort), ShopConnection(balancer.port)]
        var times: [[Double]] = [[], []]
        let clock = ContinuousClock()
        for pair in 0..<(pairs + 50) {
            for index in [pair % 2, 1 - pair % 2] {
                let start = clock.now
                _ = try connections[index].visit(as: "user-\(pair)", cookies: ["shop_side": "green"])
                let time = (clock.now - start) / .milliseconds(1)
                if pair >= 50 { times[index].append(time) }
            }
        }
        func quantile(_ index: Int, _ share: Double) -> Double {
            times[index].sorted()[min(pairs - 1, Int(share * Double(pairs)))]
        }
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            let (without, with) = (quantile(0, share), quantile(1, share))
            say(
                String(
                    format: "%@ of %d visits: %.3f ms without asking, %.3f ms with, %+.3f ms", name, pairs, without,
                    with,
                    with - without))
        }
    }
}
