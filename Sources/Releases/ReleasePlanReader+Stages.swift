import Flags
import JSON

/// Reads the stages of a plan.
extension ReleasePlanReader {
    mutating func readStages(_ object: JSONObject, at pointer: JSONPointer) -> [ReleaseStage] {
        switch (object.value("stages"), object.value("template")) {
        case (let json?, nil): return readStages(json, at: pointer.appending("stages"))
        case (nil, let json?): return readTemplate(json, at: pointer.appending("template"))
        case (_?, _?): refuse(pointer, "the release has both stages and a template", "leave one of the two out")
        case (nil, nil):
            refuse(
                pointer, "the release has no stages",
                "write \"stages\": [{\"name\": \"everyone\", \"percentage\": 100}], or \"template\": \"gradual\"")
        }
        return []
    }

    private mutating func readTemplate(_ json: JSONValue, at pointer: JSONPointer) -> [ReleaseStage] {
        let known = ReleasePlan.templates.keys.sorted()
        guard let name = json.stringValue else {
            refuse(pointer, "the template is \(json.kindText)", "it is one of: " + known.joined(separator: ", "))
            return []
        }
        guard let stages = ReleasePlan.templates[name] else {
            refuse(
                pointer, "there is no template \"\(name)\"", NearestName.hint(for: name, among: known, fallback: ""))
            return []
        }
        return stages
    }

    private mutating func readStages(_ json: JSONValue, at pointer: JSONPointer) -> [ReleaseStage] {
        let shape =
            "it is a list of {\"name\": \"staff\", \"pilots\": [\"staff\"], \"percentage\": 1, \"minimum\": \"1h\"}"
        guard case .array(let elements) = json, !elements.isEmpty else {
            refuse(pointer, json.arrayValue == nil ? "\"stages\" is \(json.kindText)" : "there is no stage", shape)
            return []
        }
        guard elements.count <= ReleasePlan.mostStages else {
            refuse(
                pointer, "the release has \(elements.count) stages", "at most \(ReleasePlan.mostStages) are taken")
            return []
        }
        var stages: [ReleaseStage] = []
        var pilots: Set<String> = []
        for (index, element) in elements.enumerated() {
            let place = pointer.appending(index)
            guard case .object(let object) = element else {
                refuse(place, "the stage is \(element.kindText)", shape)
                continue
            }
            let last = stages.last?.percentage ?? .none
            let before = problems.count
            let stage = readStage(object, after: last, at: place)
            // What else would be said of it follows from what is wrong with it.
            guard problems.count == before else {
                pilots.formUnion(stage.pilots)
                stages.append(stage)
                continue
            }
            if stage.percentage < last {
                refuse(
                    place.appending("percentage"),
                    "the stage \"\(stage.name)\" has \(stage.percentage.text), the one before \(last.text)",
                    "users who have the release would lose it; give at least as much as before")
            }
            if stages.contains(where: { $0.name.isExactly(stage.name) }) {
                refuse(place, "the stage \"\(stage.name)\" stands twice", "give each a name of its own")
            }
            let isMore = stage.percentage > last || !pilots.isSuperset(of: stage.pilots)
            if stages.isEmpty, !isMore {
                refuse(place, "the first stage reaches nobody", "give it \"pilots\" or a \"percentage\"")
            } else if !isMore {
                warn(
                    place, "the stage \"\(stage.name)\" reaches nobody who hasn't got the release already",
                    "it only lasts")
            }
            pilots.formUnion(stage.pilots)
            stages.append(stage)
        }
        if pilots.count > Rollout.mostPilots {
            refuse(
                pointer, "the stages take in \(pilots.count) pilot groups",
                "at most \(Rollout.mostPilots) are taken in all")
        }
        return stages
    }

    private mutating func readStage(
        _ object: JSONObject, after last: Percentage, at pointer: JSONPointer
    ) -> ReleaseStage {
        refuseMembers(of: object, besides: ReleaseStage.memberNames, "a stage", at: pointer)
        let pilots = pilotNames(object.value("pilots"), at: pointer.appending("pilots"))
        var percentage = last
        if let json = object.value("percentage") {
            if let read = Percentage(json) {
                percentage = read
            } else {
                refuse(
                    pointer.appending("percentage"), "the percentage is \(json.compactText())",
                    "it is a number from 0 to 100, with two decimals at most")
            }
        }
        let given = text(object, "name", most: ReleaseStage.longestNameBytes, isOneLine: true, at: pointer)
        return ReleaseStage(
            name: given ?? ReleaseStage.name(pilots: pilots, percentage: percentage, isMore: percentage > last),
            pilots: pilots, percentage: percentage,
            minimumSeconds: readMinimum(object.value("minimum"), at: pointer.appending("minimum")),
            advancesByItself: readAdvance(object.value("advance"), at: pointer.appending("advance")))
    }

    private mutating func readMinimum(_ json: JSONValue?, at pointer: JSONPointer) -> Int64 {
        guard let json else { return 0 }
        let seconds = json.stringValue.flatMap { DurationText.seconds(of: $0) } ?? json.integerValue
        guard let seconds, (0...ReleaseStage.longestMinimumSeconds).contains(seconds) else {
            refuse(
                pointer, "the minimum is \(json.compactText())",
                "write it as in \"90s\", \"30m\", \"2h\" or \"1d\", or in seconds; a year at most")
            return 0
        }
        return seconds
    }

    private mutating func readAdvance(_ json: JSONValue?, at pointer: JSONPointer) -> Bool {
        switch json?.stringValue {
        case ReleaseStage.byItself?: return true
        case ReleaseStage.byHand?: return false
        default:
            guard let json else { return false }
            refuse(
                pointer, "\"advance\" is \(json.compactText())",
                "it is \"\(ReleaseStage.byHand)\" or \"\(ReleaseStage.byItself)\"; left out, \"\(ReleaseStage.byHand)\""
            )
            return false
        }
    }
}
