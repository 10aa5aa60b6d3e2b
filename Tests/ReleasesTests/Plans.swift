import Flags
import JSON
import Releases

/// Plans, facts and times that tests begin from.
enum Plans {
    static func json(_ text: String) -> JSONValue { JSONReader.read(text).value ?? .null }

    /// A flag and a component, through staff and 10 % to everyone.
    static func checkout(
        requires: [Requirement] = [], opens: Int64? = nil, onRed: ReleasePlan.OnRed = .hold,
        stages: [ReleaseStage]? = nil
    ) -> ReleasePlan {
        ReleasePlan(
            name: "summer",
            changes: [
                FlagVariant(flag: "cart", variant: "on"),
                FlagVariant(flag: ComponentKey.flagKey(of: "checkout"), variant: "1.4.2"),
            ], requires: requires,
            stages: stages ?? [
                ReleaseStage(name: "staff", pilots: ["staff"], minimumSeconds: 60, advancesByItself: true),
                ReleaseStage(name: "some", percentage: percent(10), minimumSeconds: 600, advancesByItself: true),
                ReleaseStage(name: "everyone", percentage: .everybody),
            ], opens: opens, onRed: onRed)
    }

    static func percent(_ value: Int64) -> Percentage { Percentage(.integer(value)) ?? .none }

    static let definitions: [String: JSONValue] = [
        "cart": json(#"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off"}"#),
        ComponentKey.flagKey(of: "checkout"): json(
            #"{"versions":{"1.4.1":{"upstream":"blue"},"1.4.2":{"upstream":"green"}},"defaultVersion":"1.4.1"}"#),
    ]

    static let requirement = Requirement.present(service: "checkout", version: "1.4.2", atLeast: 1)
    static let green = GateResult([GateResult.Check(requirement, .green, detail: "checkout 1.4.2 is present")])
    static let red = GateResult([
        GateResult.Check(requirement, .red, detail: "a (1.4.1) runs another", agents: ["a"])
    ])
    static let silent = GateResult([
        GateResult.Check(requirement, .red, isBySilence: true, detail: "a is silent", agents: ["a"])
    ])
    static let unknown = GateResult([
        GateResult.Check(requirement, .unknown, detail: "hasn't heard yet from a", agents: ["a"])
    ])

    static func facts(_ gate: GateResult = green) -> ReleaseFacts {
        ReleaseFacts(gate: gate, definitions: definitions)
    }

    /// 2026-11-21T12:00:00Z
    static let noon: Int64 = 1_795_262_400

    static func time(_ seconds: Int64, steady: Int64? = nil) -> ReleaseTime {
        ReleaseTime(wall: (noon + seconds) * 1_000, steady: (noon + (steady ?? seconds)) * 1_000)
    }

    static func draft(_ plan: ReleasePlan) -> Release {
        Release(plan, id: "7f3a", at: time(0), by: "ann", why: "made")
    }
}

extension Release {
    /// Told without anything to say.
    @discardableResult
    mutating func tell(
        _ event: ReleaseEvent, _ facts: ReleaseFacts = Plans.facts(), at seconds: Int64 = 0
    ) throws -> [ReleaseAction] {
        try receive(event, facts, at: Plans.time(seconds), by: "ann", why: "")
    }
}

/// Why a release refuses an event; nil where it doesn't.
func refusal(
    _ release: Release, _ event: ReleaseEvent, _ facts: ReleaseFacts = Plans.facts(), at seconds: Int64 = 0
) -> ReleaseRefusal? {
    var release = release
    do throws(ReleaseRefusal) {
        _ = try release.receive(event, facts, at: Plans.time(seconds), by: "ann", why: "")
        return nil
    } catch { return error }
}
