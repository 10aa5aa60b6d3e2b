import JSON

/// One step of a release's life.
package struct ReleaseRecord: Sendable, Hashable {
    /// From 1, dense.
    package var number: Int
    /// Milliseconds since 1970.
    package var at: Int64
    /// Nil: the release was made.
    package var from: ReleaseState?
    package var to: ReleaseState
    /// From 0; where the release is at one then.
    package var stage: Int?
    package var trigger: ReleaseTrigger?
    package var actor: String
    package var why: String

    package init(
        number: Int, at: Int64, from: ReleaseState?, to: ReleaseState, stage: Int?, trigger: ReleaseTrigger?,
        actor: String, why: String
    ) {
        self.number = number
        self.at = at
        self.from = from
        self.to = to
        self.stage = stage
        self.trigger = trigger
        self.actor = actor
        self.why = why
    }

    /// Stages from 1, as people count them.
    package var json: JSONValue {
        .object([
            "number": .integer(Int64(number)), "at": .string(Timestamp.text(milliseconds: at)),
            "from": from.map { .string($0.rawValue) } ?? .null, "to": .string(to.rawValue),
            "stage": stage.map { .integer(Int64($0 + 1)) } ?? .null,
            "trigger": trigger.map { .string($0.rawValue) } ?? .null, "actor": .string(actor), "why": .string(why),
        ])
    }

    /// Nil for another shape.
    init?(_ json: JSONValue) {
        guard let number = json["number"]?.integerValue,
            let at = json["at"]?.stringValue.flatMap({ Timestamp.milliseconds(of: $0) }),
            let to = json["to"]?.stringValue.flatMap({ ReleaseState(rawValue: $0) }),
            let actor = json["actor"]?.stringValue, let why = json["why"]?.stringValue
        else { return nil }
        self.init(
            number: Int(number), at: at, from: json["from"]?.stringValue.flatMap { ReleaseState(rawValue: $0) },
            to: to, stage: json["stage"]?.integerValue.map { Int($0) - 1 },
            trigger: json["trigger"]?.stringValue.flatMap { ReleaseTrigger(rawValue: $0) }, actor: actor, why: why)
    }
}
