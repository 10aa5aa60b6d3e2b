import JSON

/// Reads what decides besides targeting: the off variant, prerequisites and the rollout.
extension FlagReader {
    mutating func readOffVariant(_ json: JSONValue?, variants: JSONObject?, at pointer: JSONPointer) -> String? {
        switch json {
        case nil, .null?: return nil
        case let json?: return variantName(json, "off variant", variants, at: pointer.appending("offVariant"))
        }
    }

    /// A string that names one of the variants.
    private mutating func variantName(
        _ json: JSONValue, _ what: String, _ variants: JSONObject?, at pointer: JSONPointer
    ) -> String? {
        guard case .string(let name) = json else {
            refuse(pointer, "the \(what) is \(json.kindText)", "it is a variant's name")
            return nil
        }
        if let variants, variants[name] == nil {
            refuse(
                pointer, "the \(what) \"\(name)\" is none of the variants",
                NearestName.hint(for: name, among: variants.keys, listedAs: "the variants are"))
        }
        return name
    }

    // MARK: Prerequisites

    /// Whether the flags and variants exist is for those to say who know all flags.
    mutating func readPrerequisites(
        _ json: JSONValue?, ofFlag key: String, at pointer: JSONPointer
    ) -> [FlagVariant] {
        guard let json, json != .null else { return [] }
        let here = pointer.appending("prerequisites")
        let shape =
            "it is a list of {\"flag\": \"KEY\", \"variant\": \"NAME\"} and {\"component\": \"NAME\", \"version\": \"1.0\"}"
        guard case .array(let elements) = json else {
            refuse(here, "\"prerequisites\" is \(json.kindText)", shape)
            return []
        }
        if elements.count > Prerequisites.most {
            refuse(here, "the flag has \(elements.count) prerequisites", "at most \(Prerequisites.most) are taken")
            return []
        }
        var prerequisites: [FlagVariant] = []
        for (index, element) in elements.enumerated() {
            let place = here.appending(index)
            guard let prerequisite = FlagVariant(element) else {
                refuse(place, "the prerequisite has another shape", shape)
                continue
            }
            if prerequisite.flag.isExactly(key) {
                refuse(place, "the flag requires itself", "name another flag")
            }
            if prerequisites.contains(where: { $0.flag.isExactly(prerequisite.flag) }) {
                refuse(
                    place, "the \(ComponentKey.title(of: prerequisite.flag)) is required twice",
                    "it gives a user one answer at a time")
            }
            prerequisites.append(prerequisite)
        }
        return prerequisites
    }

    // MARK: Rollout

    mutating func readRollout(_ json: JSONValue?, variants: JSONObject?, at pointer: JSONPointer) -> Rollout? {
        guard let json, json != .null else { return nil }
        let here = pointer.appending("rollout")
        guard case .object(let object) = json else {
            refuse(here, "the rollout is \(json.kindText)", "write {\"variant\": \"NAME\", \"percentage\": 5}")
            return nil
        }
        refuseMembers(of: object, besides: Rollout.memberNames, "a rollout", at: here)
        guard let named = object["variant"] else {
            refuse(here, "the rollout has no variant", "name the variant that it brings: \"variant\": \"on\"")
            return nil
        }
        let variant = variantName(named, "variant of the rollout", variants, at: here.appending("variant"))
        let share = readShare(object, at: here)
        let pilots = readPilotNames(object["pilots"], at: here.appending("pilots"))
        let exclude = readExclusion(object["exclude"], at: here.appending("exclude"))
        let bucketBy = readText(object["bucketBy"], at: here.appending("bucketBy"))
        let salt = readText(object["salt"], at: here.appending("salt"))
        for pilot in exclude.pilots where pilots.contains(pilot) {
            refuse(
                here.appending("exclude"), "the pilot group \"\(pilot)\" is both taken in and excluded",
                "leave it out of one of the two")
        }
        guard let variant, let share else { return nil }
        return Rollout(
            variant: variant, share: share, pilots: pilots, exclude: exclude, bucketBy: bucketBy, salt: salt)
    }

    /// Targeting comes first: where it always gives something, nobody is left for a rollout.
    mutating func checkReach(of rollout: Rollout, behind targeting: JSONValue?, at pointer: JSONPointer) {
        let ends = TargetingEnds(of: targeting, at: pointer.appending("targeting"))
        guard checksResults, !ends.canGiveNull, let first = ends.winning.first else { return }
        let others = ends.winning.count - 1
        let more = others > 0 ? " and \(others) more" : ""
        problems.append(
            Problem(
                severity: lenient ? .warning : .error, pointer: pointer.appending("rollout"),
                message: "the flag's targeting never gives null, so that its rollout reaches nobody: \(first)\(more) "
                    + "answers first",
                hint: "let that branch give null for those who are to have the rollout"))
    }

    /// A rollout that was read is a rule without faults: nothing of it is reported.
    func compile(_ rollout: Rollout, flagKey: String) -> Expression {
        Self.compile(own: rollout.targeting(flagKey: flagKey))
    }

    /// A rule that was made here, not read.
    static func compile(own rule: JSONValue) -> Expression {
        var compiler = ExpressionCompiler(references: .none, lenient: true, isOwn: true)
        return compiler.compile(rule, at: JSONPointer())
    }

    mutating func refuseMembers(
        of object: JSONObject, besides known: [String], _ what: String, at pointer: JSONPointer
    ) {
        for member in object where !known.contains(where: { $0.isExactly(member.key) }) {
            refuse(
                pointer.appending(member.key), "\(what) has no member \"\(member.key)\"",
                NearestName.hint(for: member.key, among: known, listedAs: "the members are"))
        }
    }

    private mutating func readShare(_ object: JSONObject, at pointer: JSONPointer) -> Rollout.Share? {
        switch (object.present("percentage"), object.present("ramp")) {
        case (nil, nil): return .fixed(.none)
        case (let json?, nil): return percentage(json, at: pointer.appending("percentage")).map { .fixed($0) }
        case (nil, let json?): return readRamp(json, at: pointer.appending("ramp")).map { .ramp($0) }
        case (_?, _?):
            refuse(pointer, "the rollout has both a percentage and a ramp", "leave one of the two out")
            return nil
        }
    }

    mutating func percentage(_ json: JSONValue, at pointer: JSONPointer) -> Percentage? {
        let read = Percentage(json)
        if read == nil {
            refuse(
                pointer, "the percentage is \(json.compactText())",
                "it is a number from 0 to 100, with two decimals at most")
        }
        return read
    }

    private mutating func readRamp(_ json: JSONValue, at pointer: JSONPointer) -> TimeRamp? {
        guard case .object(let object) = json, let from = object["from"], let to = object["to"] else {
            refuse(
                pointer, "the ramp has another shape",
                "write {\"from\": 5, \"to\": 100, \"start\": 1764000000, \"end\": 1764007200}, times in seconds since 1970"
            )
            return nil
        }
        refuseMembers(of: object, besides: ["from", "to", "start", "end"], "a ramp", at: pointer)
        let first = percentage(from, at: pointer.appending("from"))
        let last = percentage(to, at: pointer.appending("to"))
        // The year 9999: a time in milliseconds is far beyond it.
        guard let start = object["start"]?.integerValue, let end = object["end"]?.integerValue, start >= 0,
            start < end, end <= 253_402_300_799
        else {
            refuse(
                pointer, "the ramp's times can't be used",
                "\"start\" and \"end\" are whole seconds since 1970, the end after the start")
            return nil
        }
        guard let first, let last else { return nil }
        return TimeRamp(from: first, to: last, start: start, end: end)
    }

    private mutating func readPilotNames(_ json: JSONValue?, at pointer: JSONPointer) -> [String] {
        let names = TextList.read(
            json, "pilot groups' names", most: Rollout.mostPilots, at: pointer, problems: &problems)
        for (index, name) in names.enumerated() {
            if let fault = PilotDefinition.fault(inName: name) { refuse(pointer.appending(index), fault) }
            uses(pilot: name, at: pointer.appending(index))
        }
        return names
    }

    private mutating func readExclusion(_ json: JSONValue?, at pointer: JSONPointer) -> Rollout.Exclusion {
        guard let json, json != .null else { return Rollout.Exclusion() }
        guard case .object(let object) = json else {
            refuse(
                pointer, "the exclusion is \(json.kindText)", "write {\"users\": [\"ann\"], \"pilots\": [\"staff\"]}")
            return Rollout.Exclusion()
        }
        refuseMembers(of: object, besides: ["users", "pilots"], "an exclusion", at: pointer)
        let users = TextList.read(
            object["users"], "targeting keys", most: Rollout.mostExcludedUsers, at: pointer.appending("users"),
            problems: &problems)
        for (index, user) in users.enumerated() {
            if let fault = PilotDefinition.fault(inMember: user) {
                refuse(pointer.appending("users").appending(index), fault)
            }
        }
        return Rollout.Exclusion(
            users: users, pilots: readPilotNames(object["pilots"], at: pointer.appending("pilots")))
    }

    mutating func readText(_ json: JSONValue?, at pointer: JSONPointer) -> String? {
        guard let json, json != .null else { return nil }
        guard case .string(let text) = json, (1...Rollout.longestTextBytes).contains(text.utf8.count) else {
            refuse(
                pointer,
                "\"\(pointer.tokens.last ?? "")\" is \(json.stringValue == nil ? json.kindText : "empty or too long")",
                "it is a text of 1 to \(Rollout.longestTextBytes) bytes; leave it out for the usual")
            return nil
        }
        return text
    }
}

extension JSONObject {
    /// A member that is there and not null: where something may be left out, null says the same.
    func present(_ key: String) -> JSONValue? { self[key].flatMap { $0.isNull ? nil : $0 } }
}
