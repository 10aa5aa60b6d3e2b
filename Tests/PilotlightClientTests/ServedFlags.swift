import Harness
import PilotlightClient

/// A control node and an agent that serve flags of every kind, and a client of that agent.
struct ServedFlags {
    let cluster: Cluster
    let client: FlagClient

    var agent: AgentProcess { cluster.agents[0] }

    static func document(onOff: String = "on", version: String = "1.0") -> String {
        """
        {"flags": {
          "on-off": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "\(onOff)"},
          "greeting": {"state": "ENABLED", "variants": {"a": "hello", "b": "čau"}, "defaultVariant": "b",
                       "metadata": {"owner": "web", "level": 2}},
          "few": {"state": "ENABLED", "variants": {"n": 3}, "defaultVariant": "n"},
          "many": {"state": "ENABLED", "variants": {"n": 9000000000}, "defaultVariant": "n"},
          "ten": {"state": "ENABLED", "variants": {"n": 10.0}, "defaultVariant": "n"},
          "half": {"state": "ENABLED", "variants": {"n": 0.5}, "defaultVariant": "n"},
          "shape": {"state": "ENABLED", "variants": {"o": {"z": [1, 0.5], "a": null}}, "defaultVariant": "o"},
          "sleeping": {"state": "DISABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"},
          "undecided": {"state": "ENABLED", "variants": {"on": true, "off": false}},
          "for-gold": {"state": "ENABLED", "variants": {"yes": "gold", "no": "plain"}, "defaultVariant": "no",
                       "targeting": {"if": [{"==": [{"var": "tier"}, "gold"]}, "yes", null]}},
          "for-ann": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
                      "targeting": {"if": [{"==": [{"var": "targetingKey"}, "ann"]}, "on", null]}}
          },
          "components": {
            "checkout": {"versions": {"1.0": {"upstream": "blue"}, "1.1": {"upstream": "green"}, "2": {}},
                         "defaultVersion": "\(version)", "pilots": [{"pilot": "early", "version": "2"}]}
          },
          "pilots": {"early": {"members": ["ann"]}}
        }
        """
    }

    init(_ adjust: (inout FlagClientConfiguration) -> Void = { _ in }) async throws {
        cluster = try await Cluster(agents: 1)
        try cluster.control.apply(Self.document())
        try await cluster.converged()
        var configuration = FlagClientConfiguration(socketPath: cluster.agents[0].socket)
        // Other tests keep the machine busy: what isn't about deadlines must not fail by one.
        configuration.lookupDeadline = .seconds(120) * Patience.factor
        adjust(&configuration)
        client = FlagClient(configuration)
    }
}
