import Foundation
import Harness
import JSON

/// One release from its draft until it is taken back, whatever happens to the control node meanwhile.
final class ReleaseCrashLife {
    /// What it came to.
    struct Outcome: Sendable {
        /// `FROM → TO, stage N, by TRIGGER`, one for each record.
        var transitions: [String] = []
        /// The types of announced events, each event once, in the order in which the receiver first took them.
        var events: [String] = []
        /// What is wrong about how events came, in words.
        var faults: [String] = []
        /// Who has the released variant of the flag at each station, and who the released version of the component.
        var users: [[Set<String>]] = []
        var revision: Int64 = 0
        /// To the store, from the release's creation on.
        var writes: Int64 = 0
        var deaths = 0
    }

    /// The opening time came before the release was armed: a machine too busy for it, not a fault.
    struct Missed: Error {}

    private static let release = "/releases/summer"
    private static let plan: JSONValue = [
        "name": "summer", "title": "Summer sale",
        "changes": [["flag": "sale", "variant": "on"], ["component": "shop", "version": "2.0.0"]],
        "requires": ["everywhere: shop >= 2.0.0"],
        "stages": [
            ["name": "staff", "pilots": ["staff"]],
            ["name": "tenth", "percentage": 10, "minimum": 1, "advance": "by-itself"],
            ["name": "half", "percentage": 50],
        ],
        "announcement": ["users": "The sale has begun."],
    ]
    private static let definitions = """
        {"flags": {"sale": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
           "rollout": {"variant": "on", "percentage": 5, "salt": "before"}}},
         "components": {"shop": {"versions": {"1.0.0": {}, "2.0.0": {}}, "defaultVersion": "1.0.0"}},
         "pilots": {"staff": {"members": ["user-1", "user-2", "user-3"]}}}
        """

    private let driver: ReleaseCrashDriver
    private let receiver: HTTPReceiver
    private let agent: AgentProcess
    private let crowd = Crowd()
    /// Seconds from start to opening.
    private let lead: Int
    private var outcome = Outcome()

    private init(lead: Int) throws {
        self.lead = lead
        let directory = try TemporaryDirectory()
        // Of four announcements it refuses the first, and breaks off the third without an answer.
        receiver = try HTTPReceiver { index, _ in
            switch index % 4 {
            case 0: .status(503)
            case 2: .end
            default: .status(204)
            }
        }
        driver = try ReleaseCrashDriver(directory, webhook: receiver.url)
        agent = Self.agent("new", "2.0.0", driver)
    }

    private static func agent(_ name: String, _ version: String, _ driver: ReleaseCrashDriver) -> AgentProcess {
        AgentProcess(
            name, in: driver.directory.path, of: driver.control,
            options: ["--service", "shop", "--service-version", version])
    }

    /// - Parameter death: the write to the store, counted from the release's creation, at which control dies.
    static func lead(through death: (write: Int64, place: ReleaseCrashOrder.Place)?) async throws -> Outcome {
        for lead in [4, 10, 30, 120] {
            let life = try ReleaseCrashLife(lead: lead)
            defer { life.receiver.stop() }
            do {
                return try await life.run(death)
            } catch is Missed {}
        }
        throw HarnessError("the release was never armed before its opening time")
    }

    private func run(_ death: (write: Int64, place: ReleaseCrashOrder.Place)?) async throws -> Outcome {
        try await prepare()
        let writes = try driver.order.writes()
        if let death { try driver.order.die(atNext: death.write, death.place) }
        try await open()
        try await goOn()
        try await finish()
        outcome.writes = try driver.order.writes() - writes
        outcome.deaths = driver.deaths
        return outcome
    }

    /// What the release changes is there, and what it needs is deployed.
    private func prepare() async throws {
        try await driver.control.start()
        try driver.control.apply(Self.definitions)
        try await driver.tell("POST", "/deployments", ["component": "shop", "version": "2.0.0"])
        try await driver.tell("POST", "/deployments/shop/2.0.0/verify", ["passed": true])
        try await agent.start()
        try await driver.settle(agents: 1)
        outcome.users.append(try users())
    }

    // MARK: Its life

    private func open() async throws {
        try await driver.tell("POST", "/releases", Self.plan)
        let opens = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: Double(lead + 1)))
        do {
            try await driver.tell("POST", Self.release + "/start", ["opens": .string(opens)])
        } catch let refusal as Hopeless where refusal.description.contains("the opening time") {
            throw Missed()
        }
        try await reach("running", stage: 1)
        try await record(agents: 1)
    }

    private func goOn() async throws {
        try await driver.tell("POST", Self.release + "/advance")
        try await reach("running", stage: 3)
        try await record(agents: 1)
        // An old version comes up, and goes again.
        let old = Self.agent("old", "1.0.0", driver)
        try old.launch()
        try await reach("held", stage: 3)
        try await record(agents: 2)
        try await old.stop()
        try await driver.farewell("old")
        try await driver.tell("POST", Self.release + "/resume")
        try await reach("running", stage: 3)
        try await driver.tell("POST", Self.release + "/launch")
        try await reach("launched")
        try await record(agents: 1)
    }

    private func finish() async throws {
        try await driver.tell("POST", Self.release + "/rollback")
        try await reach("rolled-back")
        try await record(agents: 1)
        try await driver.announceAll()
        let shown = try await driver.look(Self.release, "the release is shown") { $0["id"] != nil }
        let history = shown["history"]?.arrayValue ?? []
        outcome.transitions = history.map { record in
            let stage = record["stage"]?.integerValue.map { ", stage \($0)" } ?? ""
            let trigger = record["trigger"]?.stringValue.map { ", by \($0)" } ?? ""
            return "\(record["from"]?.stringValue ?? "nothing") → \(record["to"]?.stringValue ?? "")\(stage)\(trigger)"
        }
        outcome.revision = try driver.control.environmentState().number
        look(at: receiver.requests, of: shown["id"]?.stringValue ?? "", history)
    }

    private func reach(_ state: String, stage: Int64? = nil) async throws {
        try await driver.look(Self.release, "the release is \(state), at stage \(stage ?? 0)") { release in
            // Scheduled though its time has come.
            if release["state"] == "scheduled", state == "running",
                release["waitingFor"]?.compactText().contains("wasn't armed") == true
            {
                throw Missed()
            }
            return release["state"]?.stringValue == state && release["stage"]?["index"]?.integerValue == stage
        }
    }

    // MARK: What it comes to

    private func record(agents: Int) async throws {
        try await driver.settle(agents: agents)
        outcome.users.append(try users())
    }

    private func users() throws -> [Set<String>] {
        [
            try crowd.users(of: "on", "sale", of: agent),
            try crowd.users(of: "2.0.0", Crowd.key(of: "shop"), of: agent),
        ]
    }

    /// Every event's id begins with that of the record that it tells of, and is the same whenever it comes; once one was
    /// taken, nothing is about one before it.
    private func look(at requests: [HTTPReceiver.Request], of id: String, _ history: [JSONValue]) {
        let expected = history.filter { record in
            ["launched", "held", "rolled-back"].contains(record["to"]?.stringValue)
        }.map { "\(id)-\($0["number"]?.integerValue ?? 0)" }
        var taken: [String] = []
        for (index, request) in requests.enumerated() {
            let event = request.headers["webhook-id"] ?? ""
            let body = JSONReader.read(request.body).value ?? .null
            if body["id"]?.stringValue != event {
                outcome.faults.append("the header says \(event), the body \(request.text)")
            }
            if taken.dropLast().contains(event) { outcome.faults.append("\(event) came behind a later one") }
            // What was refused comes next, too.
            if index.isMultiple(of: 2), index + 1 < requests.count, requests[index + 1].headers["webhook-id"] != event {
                outcome.faults.append("\(event) came again as \(requests[index + 1].headers["webhook-id"] ?? "")")
            }
            guard !index.isMultiple(of: 2), taken.last != event else { continue }
            taken.append(event)
            let drawn = event.split(separator: "-").last ?? ""
            if drawn.wholeMatch(of: /[0-9a-f]{16}/) == nil { outcome.faults.append("\(event) has nothing drawn") }
            outcome.events.append(body["type"]?.stringValue ?? "")
        }
        // What follows the record's number was drawn when it was announced.
        let records = taken.map { $0.split(separator: "-").dropLast().joined(separator: "-") }
        if records != expected { outcome.faults.append("taken: \(taken); expected: \(expected)") }
    }
}
