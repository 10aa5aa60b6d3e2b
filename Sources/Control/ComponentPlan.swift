import Flags
import HashTreeCollections
import JSON
import Replication

/// What making and changing a component comes to. Its kill, its ramps and its end are those of flags.
enum ComponentPlan {
    static func create(
        _ name: String, _ version: ComponentVersion, on state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        guard state.log.staged.entries[EntryKey(.component, name)] == nil else {
            throw Refusal(
                .conflict, "Component exists", detail: "there is a component \"\(name)\" already",
                hint: "add a version to it: pilotlight component add-version \(name) \(version.name)")
        }
        if let reason = ComponentDefinition.fault(inName: name) {
            throw Refusal(.invalid, "Not a component's name", detail: reason, hint: "as in checkout")
        }
        try check(version)
        return try plan(
            ComponentDefinition(name, versions: [version], defaultVersion: version.name), instead: nil, state)
    }

    static func edit(_ name: String, _ edit: ComponentEdit, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        let before = try StoredFlag.definition(ofComponent: name, in: state.log.staged)
        var after = before
        if let version = edit.defaultVersion {
            try checkServed(version, before)
            after.defaultVersion = version
        }
        if let shares = edit.split {
            for share in shares { try checkServed(share.version, before) }
            after.wantedShares = shares
            after.settleSplit(from: before)
            if after.split == VersionSplit() { after.split = nil }
        }
        for (pilot, version) in edit.pilots { try set(pilot, to: version, in: &after) }
        if let description = edit.description { after.description = description.isEmpty ? nil : description }
        var plan = try plan(after, instead: before, state)
        // The rollout stays: no matter what it gives when.
        try VerifiedVersion.check(after, instead: before, at: 0, unchecked: edit.unchecked, on: state)
        if !plan.changes.isEmpty { plan.warnIfKilled(ComponentKey.flagKey(of: name), state) }
        return plan
    }

    private static func set(
        _ pilot: String, to version: String?, in component: inout ComponentDefinition
    ) throws(Refusal) {
        let place = component.pilots.firstIndex { $0.pilot == pilot }
        guard let version else {
            guard let place else {
                let hint = NearestName.hint(
                    for: pilot, among: component.pilots.map(\.pilot),
                    fallback: "\(Subject(ComponentKey.flagKey(of: component.name)).showCommand) shows its groups")
                throw Refusal(
                    .invalid, "Not one of its groups",
                    detail: "component \"\(component.name)\" gives the pilot group \"\(pilot)\" no version", hint: hint)
            }
            component.pilots.remove(at: place)
            return
        }
        try checkServed(version, component)
        if let place {
            component.pilots[place].version = version
        } else {
            component.pilots.append(VersionPilot(pilot: pilot, version: version))
        }
    }

    /// A version that is to be given to users must be there, and not retired.
    private static func checkServed(_ version: String, _ component: ComponentDefinition) throws(Refusal) {
        guard let found = component.version(version) else { throw .noSuchVersion(version, of: component) }
        guard found.state == .active else { throw .retired(version, of: component) }
    }

    // MARK: Versions

    /// - Parameter version: without an upstream, the one that it has stays.
    static func put(
        _ version: ComponentVersion, of name: String, on state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let before = try StoredFlag.definition(ofComponent: name, in: state.log.staged)
        try check(version)
        var after = before
        if let place = after.versions.firstIndex(where: { $0.name == version.name }) {
            after.versions[place].state = .active
            if let upstream = version.upstream { after.versions[place].upstream = upstream }
        } else {
            after.versions.append(version)
        }
        return try plan(after, instead: before, state)
    }

    static func retire(
        _ version: String, of name: String, on state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let before = try StoredFlag.definition(ofComponent: name, in: state.log.staged)
        guard let place = before.versions.firstIndex(where: { $0.name == version }) else {
            throw .noSuchVersion(version, of: before)
        }
        guard before.defaultVersion != version else {
            throw Refusal(
                .conflict, "Version is the default",
                detail: "version \"\(version)\" is the default version of component \"\(name)\"",
                hint: "make another one that first: pilotlight component default \(name) VERSION")
        }
        var after = before
        after.versions[place].state = .retired
        return try plan(after, instead: before, state)
    }

    private static func check(_ version: ComponentVersion) throws(Refusal) {
        if let reason = ComponentVersion.fault(inName: version.name) {
            throw Refusal(.invalid, "Not a version's name", detail: reason, hint: "as in 1.4.2 or blue")
        }
        if let reason = version.upstream.flatMap({ ComponentVersion.fault(inUpstream: $0) }) {
            throw Refusal(
                .invalid, "Not an upstream", detail: reason,
                hint: "a name that the load balancer knows, or an address; leave it out for none")
        }
    }

    // MARK: Its definition

    /// Every rule that holds for components in documents holds here, and so must what it leads to.
    private static func plan(
        _ after: ComponentDefinition, instead before: ComponentDefinition?, _ state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        let key = ComponentKey.flagKey(of: after.name)
        try DefinitionCheck(key, on: state)
            .check(after.json, instead: before?.json, "Component refused", "can't be so")
        var plan = ChangePlan()
        plan.bring(flag: key, after.storedBytes, uses: FlagReferences.entries(in: after.json), state)
        let conflicts = PlanConflict.all(in: plan, on: state)
        guard conflicts.isEmpty else {
            throw Refusal(
                .conflict, "Component is in use",
                detail: conflicts.map(\.message).joined(separator: "; "), hint: conflicts.first?.hint)
        }
        plan.warn(of: key, PlanConflict.warnings(in: plan, on: state))
        return plan
    }
}
