import JSON

/// Reads one component of a document, or as it is stored, and reports everything wrong with it.
struct ComponentReader {
    private let lenient: Bool
    /// Reads what components have in common with flags.
    private var flags: FlagReader

    init(lenient: Bool) {
        self.lenient = lenient
        flags = FlagReader(lenient: lenient)
    }

    var problems: [Problem] { flags.problems }
    var pilotUses: [ExpressionCompiler.PilotUse] { flags.pilotUses }

    mutating func read(_ name: String, _ json: JSONValue, at pointer: JSONPointer) -> ComponentDefinition? {
        let before = problems.count
        if let fault = ComponentDefinition.fault(inName: name) {
            flags.refuse(pointer, fault, "rename it, e.g. \"checkout\"")
        }
        guard case .object(let object) = json else {
            flags.refuse(
                pointer, "the component is \(json.kindText)",
                "write {\"versions\": {\"1.0\": {}}, \"defaultVersion\": \"1.0\"}")
            return nil
        }
        flags.refuseMembers(of: object, besides: ComponentDefinition.memberNames, "a component", at: pointer)
        let versions = readVersions(object["versions"], at: pointer)
        let defaultVersion = readDefault(object["defaultVersion"], versions, at: pointer)
        var definition = ComponentDefinition(name, versions: versions, defaultVersion: defaultVersion)
        definition.pilots = readPilots(object.present("pilots"), definition, at: pointer.appending("pilots"))
        readSplit(object.present("split"), into: &definition, at: pointer.appending("split"))
        definition.rollout = flags.readRollout(object["rollout"], variants: nil, at: pointer)
        if let rollout = definition.rollout {
            check(rollout.variant, definition, at: pointer.appending("rollout").appending("variant"))
        }
        definition.bucketBy = flags.readText(object["bucketBy"], at: pointer.appending("bucketBy"))
        definition.salt = flags.readText(object["salt"], at: pointer.appending("salt"))
        definition.description = flags.readDescription(object.present("description"), at: pointer)
        let metadata = FlagReader.readMetadata(
            object.present("metadata"), at: pointer.appending("metadata"), problems: &flags.problems)
        if metadata["upstream"] != nil {
            flags.refuse(
                pointer.appending("metadata").appending("upstream"),
                "the metadata \"upstream\" is each version's own",
                "give it to the versions, as {\"upstream\": \"blue\"}")
        }
        definition.metadata = metadata
        return problems.dropFirst(before).contains { $0.severity == .error } ? nil : definition
    }

    /// What decides in a component that was read, as a flag's rules.
    func rules(of component: ComponentDefinition) -> FlagRules {
        FlagRules(
            targeting: component.pilotTargeting.map { FlagReader.compile(own: $0) },
            rollout: component.rolloutTargeting.map { FlagReader.compile(own: $0) },
            split: component.splitTargeting.map { FlagReader.compile(own: $0) })
    }

    // MARK: Versions

    private mutating func readVersions(_ json: JSONValue?, at pointer: JSONPointer) -> [ComponentVersion] {
        let here = pointer.appending("versions")
        guard let json else {
            flags.refuse(pointer, "the component has no versions", "write \"versions\": {\"1.0\": {}}")
            return []
        }
        guard case .object(let object) = json else {
            flags.refuse(here, "\"versions\" is \(json.kindText)", "it is an object of versions by name")
            return []
        }
        if object.isEmpty { flags.refuse(here, "the component has no versions", "write \"versions\": {\"1.0\": {}}") }
        if object.count > ComponentDefinition.mostVersions {
            flags.refuse(
                here,
                "the component has \(object.count) versions; at most \(ComponentDefinition.mostVersions) are taken",
                "leave retired ones out that nobody asks for any more")
            return []
        }
        let versions = object.map { readVersion($0.key, $0.value, at: here.appending($0.key)) }
        return versions.sorted { ComponentVersion.precedes($0.name, $1.name) }
    }

    private mutating func readVersion(
        _ name: String, _ json: JSONValue, at pointer: JSONPointer
    ) -> ComponentVersion {
        var version = ComponentVersion(name)
        if let fault = ComponentVersion.fault(inName: name) { flags.refuse(pointer, fault, "as in 1.4.2 or blue") }
        guard case .object(let object) = json else {
            flags.refuse(pointer, "the version is \(json.kindText)", "write {\"upstream\": \"blue\"}, or {} for none")
            return version
        }
        flags.refuseMembers(of: object, besides: ["upstream", "state"], "a version", at: pointer)
        switch object.present("upstream") {
        case nil: break
        case .string(let upstream)?:
            if let fault = ComponentVersion.fault(inUpstream: upstream) {
                flags.refuse(pointer.appending("upstream"), fault, "leave it out for none")
            }
            version.upstream = upstream
        case let other?:
            flags.refuse(pointer.appending("upstream"), "the upstream is \(other.kindText)", "it is a string")
        }
        if let json = object.present("state") {
            if let state = json.stringValue.flatMap({ ComponentVersion.State(rawValue: $0) }) {
                version.state = state
            } else {
                flags.refuse(
                    pointer.appending("state"), "the state is \(json.compactText())",
                    "it is \"ACTIVE\" or \"RETIRED\"; leave it out for active")
            }
        }
        return version
    }

    private mutating func readDefault(
        _ json: JSONValue?, _ versions: [ComponentVersion], at pointer: JSONPointer
    ) -> String {
        let here = pointer.appending("defaultVersion")
        let names = versions.map(\.name)
        guard case .string(let name)? = json else {
            flags.refuse(
                json == nil ? pointer : here,
                json.map { "the default version is \($0.kindText)" } ?? "the component has no default version",
                "name the version for whoever nothing else decides for"
                    + (names.isEmpty ? "" : ", one of " + names.joined(separator: ", ")))
            return ""
        }
        guard let version = versions.first(where: { $0.name == name }) else {
            flags.refuse(
                here, "the default version \"\(name)\" is none of the versions",
                NearestName.hint(for: name, among: names, listedAs: "the versions are"))
            return name
        }
        if version.state == .retired {
            flags.refuse(
                here, "the default version \"\(name)\" is retired", "name one that isn't, or make it active again")
        }
        return name
    }

    /// Refuses what is none of the versions, and says of a retired one what that means.
    private mutating func check(_ version: String, _ definition: ComponentDefinition, at pointer: JSONPointer) {
        // What is wrong with the versions has been said.
        guard !definition.versions.isEmpty else { return }
        guard let found = definition.version(version) else {
            flags.refuse(
                pointer, "\"\(version)\" is none of the component's versions",
                NearestName.hint(
                    for: version, among: definition.versions.map(\.name), listedAs: "the versions are"))
            return
        }
        guard found.state == .retired else { return }
        flags.problems.append(
            Problem(
                severity: .warning, pointer: pointer,
                message: "version \"\(version)\" is retired: its users get the default version",
                hint: "name another version, or make it active again"))
    }

    // MARK: Who gets which

    private mutating func readPilots(
        _ json: JSONValue?, _ definition: ComponentDefinition, at pointer: JSONPointer
    ) -> [VersionPilot] {
        guard let json else { return [] }
        let shape = "it is a list of {\"pilot\": \"GROUP\", \"version\": \"VERSION\"}, the first that holds wins"
        guard case .array(let elements) = json else {
            flags.refuse(pointer, "\"pilots\" is \(json.kindText)", shape)
            return []
        }
        if elements.count > ComponentDefinition.mostPilots {
            flags.refuse(
                pointer,
                "the component has \(elements.count) pilot groups; at most \(ComponentDefinition.mostPilots) are taken")
            return []
        }
        var pilots: [VersionPilot] = []
        for (index, element) in elements.enumerated() {
            let place = pointer.appending(index)
            guard case .object(let object) = element, let pilot = object["pilot"]?.stringValue,
                let version = object["version"]?.stringValue, object.count == 2
            else {
                flags.refuse(place, "the pilot group's line has another shape", shape)
                continue
            }
            if let fault = PilotDefinition.fault(inName: pilot) { flags.refuse(place.appending("pilot"), fault) }
            if pilots.contains(where: { $0.pilot == pilot }) {
                flags.refuse(
                    place.appending("pilot"), "the pilot group \"\(pilot)\" stands twice",
                    "the first one wins; remove one")
            }
            flags.uses(pilot: pilot, at: place.appending("pilot"))
            check(version, definition, at: place.appending("version"))
            pilots.append(VersionPilot(pilot: pilot, version: version))
        }
        return pilots
    }

    /// Runs of slots as they are stored, or percentages from which they are yet to be made.
    private mutating func readSplit(
        _ json: JSONValue?, into definition: inout ComponentDefinition, at pointer: JSONPointer
    ) {
        switch json {
        case nil: break
        case .array(let elements)?:
            definition.split = readRuns(elements, at: pointer)
            for version in (definition.split?.versions ?? []).sorted() { check(version, definition, at: pointer) }
        case .object(let object)?:
            definition.wantedShares = readShares(object, definition, at: pointer)
        case let other?:
            flags.refuse(
                pointer, "the split is \(other.kindText)", "write percentages, as in {\"1.0\": 90, \"1.1\": 10}")
        }
    }

    private mutating func readRuns(_ elements: [JSONValue], at pointer: JSONPointer) -> VersionSplit? {
        let shape =
            "a list of [version, slots], \(VersionSplit.slots) slots together and null for the default version; or write "
            + "percentages, as in {\"1.0\": 90, \"1.1\": 10}"
        var runs: [VersionSplit.Run] = []
        for (index, element) in elements.enumerated() {
            guard let run = VersionSplit.Run(element) else {
                flags.refuse(pointer.appending(index), "the run of slots has another shape", shape)
                return nil
            }
            runs.append(run)
        }
        let split = VersionSplit(runs: runs)
        if split == nil {
            flags.refuse(pointer, "the slots are \(runs.reduce(0) { $0 + $1.slots }) together", shape)
        }
        return split
    }

    private mutating func readShares(
        _ object: JSONObject, _ definition: ComponentDefinition, at pointer: JSONPointer
    ) -> [VersionSplit.Share]? {
        guard object.count <= ComponentDefinition.mostVersions else {
            flags.refuse(
                pointer,
                "the split names \(object.count) versions; at most \(ComponentDefinition.mostVersions) are taken")
            return nil
        }
        var shares: [VersionSplit.Share] = []
        for member in object {
            let here = pointer.appending(member.key)
            check(member.key, definition, at: here)
            guard let percentage = flags.percentage(member.value, at: here) else { continue }
            shares.append(VersionSplit.Share(member.key, percentage))
        }
        let sum = shares.reduce(0) { $0 + $1.percentage.hundredths }
        guard sum <= VersionSplit.slots else {
            flags.refuse(
                pointer, "the shares are \(Percentage.text(hundredths: sum)) together",
                "they are 100 % at most; what is left is the default version's")
            return nil
        }
        return shares
    }
}
