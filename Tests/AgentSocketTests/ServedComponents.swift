import Agent
import AgentSocket
import Flags
import Harness
import JSON
import Replication

/// Components for the server under test, beside its flags.
enum ServedComponents {
    static let all: [(String, String)] = [
        (
            "checkout",
            """
            {"versions":{"0.9":{"upstream":"old","state":"RETIRED"},"1.0":{"upstream":"blue"},
                         "1.1":{"upstream":"green"},"2.0-exp":{}},
             "defaultVersion":"1.0",
             "pilots":[{"pilot":"past","version":"0.9"},{"pilot":"lab","version":"2.0-exp"},
                       {"pilot":"early","version":"1.1"}],
             "split":[["1.0",5000],["1.1",3000],["0.9",2000]],"metadata":{"owner":"web"}}
            """
        ),
        ("plain", #"{"versions":{"7":{"upstream":"10.0.0.7:8080"}},"defaultVersion":"7"}"#),
    ]

    static let pilots = ["past": ["vera"], "lab": ["ann"], "early": ["ann", "bob"]]

    static func snapshot(number: UInt64 = 42, kill: String? = nil) throws -> LiveSnapshot {
        var snapshot = try ServedAgent.snapshot(number: number)
        for (name, text) in all { try snapshot.flags.put(component: name, storedBytes: Array(text.utf8)) }
        for (name, members) in pilots {
            try snapshot.flags.put(pilot: name, storedBytes: Array("{}".utf8), members: MemberSet(members))
        }
        if let kill {
            try snapshot.flags.put(
                kill: ComponentKey.flagKey(of: "checkout"),
                storedBytes: Kill(variant: kill, value: .string(kill)).storedBytes)
        }
        return snapshot
    }

    /// What a lookup of `checkout` for that user gives.
    static func version(for user: String?, in snapshot: LiveSnapshot) -> String? {
        snapshot.flags.evaluate(
            ComponentKey.flagKey(of: "checkout"), context: EvaluationContext(targetingKey: user), unixSeconds: 0
        ).variant
    }

    /// One question on a connection of its own.
    static func ask(
        _ agent: ServedAgent, _ path: String, method: String = "GET", _ headers: [String: String] = [:]
    ) throws -> HTTPAnswer {
        try HTTPConnection.request(agent.socket, method, path, headers: headers)
    }
}
