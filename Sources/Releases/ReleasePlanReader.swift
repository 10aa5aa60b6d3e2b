import Flags
import JSON

/// Reads a release's plan and reports everything wrong with it.
struct ReleasePlanReader {
    private(set) var problems: [Problem] = []

    mutating func read(_ json: JSONValue, at pointer: JSONPointer) -> ReleasePlan? {
        let before = problems.count
        guard case .object(let object) = json else {
            refuse(
                pointer, "the plan is \(json.kindText)",
                "a plan is an object with \"name\", \"changes\" and \"stages\"")
            return nil
        }
        refuseMembers(of: object, besides: ReleasePlan.memberNames, "a release's plan", at: pointer)
        let name = readName(object.value("name"), at: pointer)
        var plan = ReleasePlan(
            name: name ?? "", changes: readChanges(object.value("changes"), at: pointer),
            stages: readStages(object, at: pointer))
        plan.title = text(object, "title", most: ReleasePlan.longestTitleBytes, isOneLine: true, at: pointer)
        plan.owner = text(object, "owner", most: ReleasePlan.longestTitleBytes, isOneLine: true, at: pointer)
        plan.notes = text(object, "notes", most: ReleasePlan.longestNotesBytes, at: pointer)
        plan.bucketBy = text(object, "bucketBy", most: Rollout.longestTextBytes, at: pointer)
        plan.salt = text(object, "salt", most: Rollout.longestTextBytes, at: pointer) ?? plan.name
        plan.requires = readRequirements(object.value("requires"), at: pointer.appending("requires"))
        plan.opens = readOpening(object.value("opens"), at: pointer.appending("opens"))
        plan.onRed = readOnRed(object.value("onRed"), at: pointer.appending("onRed"))
        plan.exclude = readExclusion(object.value("exclude"), at: pointer.appending("exclude"))
        plan.announcement = readAnnouncement(object.value("announcement"), at: pointer.appending("announcement"))
        for pilot in plan.exclude.pilots where plan.stages.contains(where: { $0.pilots.contains(pilot) }) {
            refuse(
                pointer.appending("exclude"), "the pilot group \"\(pilot)\" is both taken in by a stage and excluded",
                "leave it out of one of the two")
        }
        return problems.dropFirst(before).contains { $0.severity == .error } ? nil : plan
    }

    mutating func refuse(_ pointer: JSONPointer, _ message: String, _ hint: String? = nil) {
        problems.append(Problem(pointer: pointer, message: message, hint: hint))
    }

    mutating func warn(_ pointer: JSONPointer, _ message: String, _ hint: String? = nil) {
        problems.append(Problem(severity: .warning, pointer: pointer, message: message, hint: hint))
    }

    mutating func refuseMembers(
        of object: JSONObject, besides known: [String], _ what: String, at pointer: JSONPointer
    ) {
        for member in object where !known.contains(where: { $0.isExactly(member.key) }) {
            refuse(
                pointer.appending(member.key), "\(what) has no member \"\(member.key)\"",
                NearestName.hint(
                    for: member.key, among: known, fallback: "the members are: " + known.joined(separator: ", ")))
        }
    }

    // MARK: Texts

    private mutating func readName(_ json: JSONValue?, at pointer: JSONPointer) -> String? {
        guard let json else {
            refuse(pointer, "the release has no name", "write \"name\": \"summer-checkout\"")
            return nil
        }
        guard let name = json.stringValue else {
            refuse(pointer.appending("name"), "the name is \(json.kindText)", Self.stringHint(json))
            return nil
        }
        if let fault = ReleasePlan.fault(inName: name) {
            refuse(pointer.appending("name"), fault, "rename it, e.g. \"summer-checkout\"")
        }
        return name
    }

    /// A text that may be left out, but not be empty.
    mutating func text(
        _ object: JSONObject, _ member: String, most: Int, isOneLine: Bool = false, at pointer: JSONPointer
    ) -> String? {
        guard let json = object.value(member) else { return nil }
        let here = pointer.appending(member)
        guard let text = json.stringValue else {
            refuse(here, "\"\(member)\" is \(json.kindText)", Self.stringHint(json))
            return nil
        }
        if text.isEmpty { refuse(here, "\"\(member)\" is empty", "leave it out for none") }
        if text.utf8.count > most {
            refuse(here, "\"\(member)\" has \(text.utf8.count) bytes", "at most \(most) are taken")
        }
        if isOneLine, text.unicodeScalars.contains(where: { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }) {
            refuse(here, "\"\(member)\" holds a line break or another control character", "write it on one line")
        }
        return text
    }

    static func stringHint(_ json: JSONValue) -> String {
        switch json {
        case .integer, .double, .bool: "it is a string; write it in quotes"
        default: "it is a string"
        }
    }

    // MARK: What changes

    private mutating func readChanges(_ json: JSONValue?, at pointer: JSONPointer) -> [FlagVariant] {
        let here = pointer.appending("changes")
        let shape =
            "it is a list of {\"flag\": \"KEY\", \"variant\": \"NAME\"} and {\"component\": \"NAME\", \"version\": \"1.0\"}"
        guard let json, let elements = json.arrayValue else {
            refuse(
                json == nil ? pointer : here,
                json.map { "\"changes\" is \($0.kindText)" } ?? "the release changes nothing", shape)
            return []
        }
        if elements.isEmpty { refuse(here, "the release changes nothing", shape) }
        guard elements.count <= ReleasePlan.mostChanges else {
            refuse(
                here, "the release changes \(elements.count) things", "at most \(ReleasePlan.mostChanges) are taken")
            return []
        }
        var changes: [FlagVariant] = []
        for (index, element) in elements.enumerated() {
            guard let change = readChange(element, shape, at: here.appending(index)) else { continue }
            if changes.contains(where: { $0.flag.isExactly(change.flag) }) {
                refuse(
                    here.appending(index), "the \(ComponentKey.title(of: change.flag)) stands twice",
                    "a user gets one answer at a time; remove one")
            }
            changes.append(change)
        }
        return changes
    }

    private mutating func readChange(
        _ json: JSONValue, _ shape: String, at pointer: JSONPointer
    ) -> FlagVariant? {
        guard case .object(let object) = json else {
            refuse(pointer, "the change is \(json.kindText)", shape)
            return nil
        }
        let isComponent = object["component"] != nil && object["flag"] == nil
        let members = isComponent ? ["component", "version"] : ["flag", "variant"]
        refuseMembers(of: object, besides: members, "a change of a \(members[0])", at: pointer)
        var texts: [String] = []
        for member in members {
            guard let json = object.value(member) else {
                refuse(pointer, "the change has no \(member)", shape)
                return nil
            }
            guard let text = json.stringValue else {
                refuse(pointer.appending(member), "the \(member) is \(json.kindText)", Self.stringHint(json))
                return nil
            }
            texts.append(text)
        }
        let (name, value) = (texts[0], texts[1])
        if isComponent {
            if let fault = ComponentDefinition.fault(inName: name) { refuse(pointer.appending("component"), fault) }
            if let fault = ComponentVersion.fault(inName: value) { refuse(pointer.appending("version"), fault) }
            return FlagVariant(flag: ComponentKey.flagKey(of: name), variant: value)
        }
        if let fault = FlagDefinition.fault(inKey: name) { refuse(pointer.appending("flag"), fault) }
        if value.isEmpty { refuse(pointer.appending("variant"), "the variant's name is empty", "name a variant") }
        return FlagVariant(flag: name, variant: value)
    }

    // MARK: What is required

    private mutating func readRequirements(_ json: JSONValue?, at pointer: JSONPointer) -> [Requirement] {
        guard let json else { return [] }
        let shape =
            "it is a list of \"everywhere: checkout >= 1.4.2\" and \"present: checkout 1.4.2, at least 2 verified\""
        guard case .array(let elements) = json else {
            refuse(pointer, "\"requires\" is \(json.kindText)", shape)
            return []
        }
        guard elements.count <= ReleasePlan.mostRequirements else {
            refuse(
                pointer, "the release requires \(elements.count) things",
                "at most \(ReleasePlan.mostRequirements) are taken")
            return []
        }
        var requirements: [Requirement] = []
        for (index, element) in elements.enumerated() {
            let place = pointer.appending(index)
            guard let requirement = Self.requirement(element) else {
                refuse(
                    place, "the requirement \(element.compactText()) can't be read",
                    "as in \"everywhere: checkout >= 1.4.2\", with = != < <= > >= ^ ~, or "
                        + "\"present: checkout 1.4.2, at least 2 verified\"")
                continue
            }
            if requirements.contains(requirement) {
                refuse(place, "the requirement \"\(requirement.text)\" stands twice", "remove one")
            }
            requirements.append(requirement)
        }
        return requirements
    }

    /// A text; or what YAML makes of one without quotes, an object with the kind for its one member.
    private static func requirement(_ json: JSONValue) -> Requirement? {
        switch json {
        case .string(let text): return Requirement(text)
        case .object(let object):
            guard object.count == 1, let member = object.members.first, let text = member.value.stringValue else {
                return nil
            }
            return Requirement(kind: member.key, text)
        default: return nil
        }
    }

    // MARK: When, and what then

    private mutating func readOpening(_ json: JSONValue?, at pointer: JSONPointer) -> Int64? {
        guard let json else { return nil }
        let seconds = json.stringValue.flatMap { Timestamp.seconds(of: $0) } ?? json.integerValue
        guard let seconds, (0...Timestamp.latest).contains(seconds) else {
            refuse(
                pointer, "the opening time is \(json.compactText())",
                "write it as in \"2026-12-01T09:00:00Z\" or \"2026-12-01T10:00:00+01:00\", or in seconds since 1970")
            return nil
        }
        return seconds
    }

    private mutating func readOnRed(_ json: JSONValue?, at pointer: JSONPointer) -> ReleasePlan.OnRed {
        guard let json else { return .hold }
        guard let onRed = json.stringValue.flatMap({ ReleasePlan.OnRed(rawValue: $0) }) else {
            refuse(pointer, "\"onRed\" is \(json.compactText())", "it is \"hold\" or \"rollback\"; left out, \"hold\"")
            return .hold
        }
        return onRed
    }

    private mutating func readExclusion(_ json: JSONValue?, at pointer: JSONPointer) -> Rollout.Exclusion {
        guard let json else { return Rollout.Exclusion() }
        guard case .object(let object) = json else {
            refuse(
                pointer, "the exclusion is \(json.kindText)", "write {\"users\": [\"ann\"], \"pilots\": [\"partners\"]}"
            )
            return Rollout.Exclusion()
        }
        refuseMembers(of: object, besides: ["users", "pilots"], "an exclusion", at: pointer)
        let users = TextList.read(
            object.value("users"), "targeting keys", most: Rollout.mostExcludedUsers, at: pointer.appending("users"),
            problems: &problems)
        for (index, user) in users.enumerated() {
            if let fault = PilotDefinition.fault(inMember: user) {
                refuse(pointer.appending("users").appending(index), fault)
            }
        }
        return Rollout.Exclusion(
            users: users, pilots: pilotNames(object.value("pilots"), at: pointer.appending("pilots")))
    }

    mutating func pilotNames(_ json: JSONValue?, at pointer: JSONPointer) -> [String] {
        let names = TextList.read(
            json, "pilot groups' names", most: Rollout.mostPilots, at: pointer, problems: &problems)
        for (index, name) in names.enumerated() {
            if let fault = PilotDefinition.fault(inName: name) { refuse(pointer.appending(index), fault) }
        }
        return names
    }
}

extension JSONObject {
    /// A member that is there and not null: where something may be left out, null says the same.
    func value(_ key: String) -> JSONValue? { self[key].flatMap { $0.isNull ? nil : $0 } }
}
