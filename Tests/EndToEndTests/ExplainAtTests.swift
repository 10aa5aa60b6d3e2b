import Foundation
import Harness
import JSON
import LookupProtocol
import Testing

/// What control says that a user got then, held against what agents answered then.
@Suite("Explanations of the past", .gently)
struct ExplainAtTests {
    private static func size(_ variable: String, or short: Int) -> Int {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? short
    }

    /// 1,000 and 10,000 in the full run (scripts/release-crashes), fewer in CI.
    private static let revisions = size("PILOTLIGHT_EXPLAIN_REVISIONS", or: 200)
    private static let pairs = size("PILOTLIGHT_EXPLAIN_PAIRS", or: 2_000)
    private static let seed = UInt64(size("PILOTLIGHT_EXPLAIN_SEED", or: 20))

    /// One lookup, and what came of it.
    private struct Sample {
        var revision: Int64
        var isComponent: Bool
        var name: String
        var context: JSONObject
        /// Of the agent that was asked.
        var version: String
        var outcome: Outcome
    }

    private static let agents = ["2.0.0", "1.0.0"]

    @Test("answers of random histories are those that agents gave then, reasons and steps included")
    func asRecorded() async throws {
        let cluster = try await Cluster(agents: 0)
        let agents = Self.agents.map { version in
            AgentProcess(
                "v\(version)", in: cluster.directory.path, of: cluster.control,
                options: ["--service", "shop", "--service-version", version])
        }
        try await agents[0].start()
        // Of the other component some agent must be there, too.
        let front = AgentProcess(
            "front", in: cluster.directory.path, of: cluster.control,
            options: ["--service", "front", "--service-version", "2.0.0"])
        try await front.start()
        var history = ExplainAtHistory(cluster.control, seed: Self.seed)
        try history.begin()
        try await cluster.converged(agents: 2)
        try history.requireForGood()
        try await agents[1].start()
        try await cluster.converged(agents: 3)
        let samples = try await Self.record(&history, agents)
        #expect(samples.count >= Self.pairs)
        print(
            "seed \(Self.seed): "
                + history.published.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")
        )
        for kind in ["start", "advance", "launch", "rollback", "hold", "kill", "unkill", "split", "members", "rule"] {
            #expect(history.published[kind] != nil, "no \(kind) in \(history.published)")
        }
        try await Self.compare(samples, cluster.control)
    }

    private static func record(_ history: inout ExplainAtHistory, _ agents: [AgentProcess]) async throws -> [Sample] {
        let connections = try agents.map { try $0.connect() }
        var samples: [Sample] = []
        var last = try history.control.environmentState().number
        let first = last
        while last - first < revisions {
            guard let number = try history.change(), number > last else { continue }
            last = number
            for connection in connections {
                try await eventually("the agent has revision \(number)", every: .milliseconds(1)) { sighting in
                    let stamp = try connection.ping()
                    sighting.note(stamp)
                    return stamp.number >= UInt64(number)
                }
            }
            for _ in 0..<max(1, pairs / revisions) {
                let agent = history.below(connections.count)
                samples.append(try sample(&history, connections[agent], Self.agents[agent]))
            }
        }
        return samples
    }

    private static func sample(
        _ history: inout ExplainAtHistory, _ connection: LookupConnection, _ version: String
    ) throws -> Sample {
        let isComponent = history.below(3) == 0
        let name = history.one(of: isComponent ? ExplainAtHistory.components : ExplainAtHistory.flags)
        var context: JSONObject = ["targetingKey": .string(history.user())]
        if history.below(3) > 0 { context["plan"] = history.below(2) == 0 ? "gold" : "tin" }
        if history.below(3) > 0 { context["age"] = .integer(Int64(history.below(40))) }
        let answer = try connection.lookup(
            isComponent ? Crowd.key(of: name) : name, context: JSONValue.object(context).compactText())
        return Sample(
            revision: Int64(answer.stamp.number), isComponent: isComponent, name: name, context: context,
            version: version, outcome: LookupConnection.outcome(answer))
    }

    // MARK: Comparing

    private static func compare(_ samples: [Sample], _ control: ControlProcess) async throws {
        var random = SeededRandom(seed: seed)
        let shuffled = samples.shuffled(using: &random)
        let (wrong, lasting, times) = try await onThread {
            var wrong: [String] = []
            var lasting = 0
            var times: [Duration] = []
            let connection = HTTPConnection(.tcp(control.apiPort))
            let clock = ContinuousClock()
            for sample in shuffled {
                let start = clock.now
                let answer = try ask(sample, connection)
                times.append(clock.now - start)
                if let fault = fault(in: answer, sample) { wrong.append(fault) }
                if answer.text.contains("as before the release lasting") { lasting += 1 }
            }
            return (wrong, lasting, times.sorted())
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(samples.count) differ: \(wrong.prefix(3).joined(separator: "\n"))")
        #expect(lasting > 0, "no answer of an agent that doesn't meet what was launched")
        print(
            "explain --at: \(samples.count) answers of \(revisions) revisions, median \(times[times.count / 2]), "
                + "p99 \(times[times.count * 99 / 100])")
    }

    private static func ask(_ sample: Sample, _ connection: HTTPConnection) throws -> HTTPAnswer {
        let body: JSONValue = [
            "context": .object(sample.context), "at": .integer(sample.revision), "service": "shop",
            "serviceVersion": .string(sample.version),
        ]
        let path = "/v1/environments/production/\(sample.isComponent ? "components" : "flags")/\(sample.name)/explain"
        return try connection.request("POST", path, body: Array(body.compactText().utf8))
    }

    /// How the answer differs from what was recorded; nil where it doesn't.
    private static func fault(in answer: HTTPAnswer, _ sample: Sample) -> String? {
        let what =
            "\(sample.name) for \(JSONValue.object(sample.context).compactText()) at \(sample.revision), "
            + "an agent of \(sample.version): "
        if sample.outcome.error == "FLAG_NOT_FOUND" {
            return answer.status == 404 && answer.text.contains("then") ? nil : what + "wasn't there: \(answer.text)"
        }
        let json = answer.json
        let outcome = Outcome(
            value: json["value"], variant: json["variant"]?.stringValue, reason: json["reason"]?.stringValue ?? "",
            error: json["errorCode"]?.stringValue)
        let steps = json["steps"]?.arrayValue ?? []
        let last: JSONValue? = outcome.reason == "DISABLED" ? "DISABLED" : outcome.variant.map { .string($0) }
        guard answer.status == 200, outcome == sample.outcome, result(of: steps) == last,
            json["at"]?["revision"]?["number"]?.integerValue == sample.revision
        else { return what + "was \(sample.outcome), is \(answer.text)" }
        return nil
    }

    /// Of the last step; where an agent answers as before a release, of the last one of those. A version pilot's step
    /// says whether the user is in the group, and the version beside it.
    private static func result(of steps: [JSONValue]) -> JSONValue? {
        guard let last = steps.last else { return nil }
        if last["what"]?.stringValue?.hasPrefix("as before the release") == true {
            return result(of: last["children"]?.arrayValue ?? [])
        }
        guard last["result"] == true, let words = last["detail"]?.stringValue?.split(separator: " ") else {
            return last["result"]
        }
        // `…; which gets 1.0`, or `…; which gets 1.0: retired, 1.1 is served`
        return words.suffix(2) == ["is", "served"]
            ? words.dropLast(2).last.map { .string(String($0)) }
            : words.dropLast().last == "gets" ? words.last.map { .string(String($0)) } : last["result"]
    }
}
