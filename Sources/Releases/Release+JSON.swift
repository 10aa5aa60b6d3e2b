import JSON

extension Release {
    /// Stored and shown. Times are RFC 3339, stages count from 1.
    package var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "title": plan.title.map { .string($0) } ?? .null,
            "owner": plan.owner.map { .string($0) } ?? .null, "state": .string(state.rawValue), "stage": stageJSON,
            "opens": opens.map { .string(Timestamp.text(seconds: $0)) } ?? .null,
            "despiteFreeze": .bool(opensDespiteFreeze), "plan": plan.json,
        ]
        if !edits.isEmpty { object["launched"] = .array(edits.map(\.json)) }
        if !covered.isEmpty { object["covered"] = .array(covered.map(\.json)) }
        object["history"] = .array(history.map(\.json))
        return .object(object)
    }

    private var stageJSON: JSONValue {
        guard let current = currentStage else { return .null }
        return .object([
            "index": .integer(Int64(stage + 1)), "count": .integer(Int64(plan.stages.count)),
            "name": .string(current.name), "since": .string(Timestamp.text(milliseconds: stageSinceWall)),
            "minimumUntil": .string(Timestamp.text(milliseconds: stageSinceWall + current.minimumSeconds * 1_000)),
            "steadySince": .integer(stageSince),
        ])
    }

    /// Nil for another shape.
    package init?(stored json: JSONValue) {
        guard let id = json["id"]?.stringValue, let plan = json["plan"].flatMap({ ReleasePlan.read($0).plan }),
            let state = json["state"]?.stringValue.flatMap({ ReleaseState(rawValue: $0) }),
            let despiteFreeze = json["despiteFreeze"]?.boolValue, let records = json["history"]?.arrayValue
        else { return nil }
        let history = records.compactMap { ReleaseRecord($0) }
        let edited = json["launched"]?.arrayValue ?? []
        let edits = edited.compactMap { LaunchEdit($0) }
        let floors = json["covered"]?.arrayValue ?? []
        let covered = floors.compactMap { CoveredFloor($0) }
        guard history.count == records.count, edits.count == edited.count, covered.count == floors.count,
            !history.isEmpty
        else { return nil }
        self.init(plan, id: id, at: ReleaseTime(wall: 0, steady: 0), by: "", why: "")
        self.state = state
        self.history = history
        self.edits = edits
        self.covered = covered
        opensDespiteFreeze = despiteFreeze
        opens = json["opens"]?.stringValue.flatMap { Timestamp.seconds(of: $0) }
        guard let stage = json["stage"], !stage.isNull else { return }
        guard let index = stage["index"]?.integerValue, (1...Int64(plan.stages.count)).contains(index),
            let since = stage["since"]?.stringValue.flatMap({ Timestamp.milliseconds(of: $0) }),
            let steadySince = stage["steadySince"]?.integerValue
        else { return nil }
        self.stage = Int(index) - 1
        stageSinceWall = since
        stageSince = steadySince
    }
}
