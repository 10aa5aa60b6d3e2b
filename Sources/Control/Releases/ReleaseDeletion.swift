import Flags
import HashTreeCollections
import JSON
import Releases
import Replication

/// What deleting a release comes to: its record goes, and its name is free. What was announced of it, and the revisions that
/// it made, stay.
enum ReleaseDeletion {
    static func plan(_ name: String, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        guard let release = state.releases[name] else { throw .unknownRelease(name, in: state) }
        switch release.state {
        case .draft, .cancelled: break
        case .rolledBack, .launched: try check(release, state)
        case .scheduled, .armed:
            throw .notDeleted(release, hint: "cancel it first: `pilotlight release cancel \(name)`")
        case .running, .held:
            throw .notDeleted(release, hint: "take it back first: `pilotlight release rollback \(name)`")
        }
        return ChangePlan(records: [.dropRelease(release)])
    }

    /// What is left of a release in a flag or a component.
    private struct Rest {
        var subject: Subject
        var sentence: String
        /// Serving something else would do.
        var isServedOnly: Bool
    }

    /// The record is what a roll back goes by, and what a floor is known by.
    private static func check(_ release: Release, _ state: EnvironmentState) throws(Refusal) {
        let left = release.plan.changes.compactMap { rest(of: $0, release, state) }
        guard let first = left.first?.subject else { return }
        var ways: [String] = []
        if let served = left.first(where: \.isServedOnly)?.subject {
            ways.append("serve something else by default (`pilotlight \(served.defaulting)`)")
        }
        ways.append("delete what nobody asks for any more (`pilotlight \(first.kind) delete \(first.name)`)")
        if release.state == .launched {
            ways.append("take it all back (`pilotlight release rollback \(release.name)`)")
        }
        throw .notDeleted(
            release, detail: left.map(\.sentence), hint: ways.joined(separator: ", or "),
            conflicts: left.map(\.subject.title))
    }

    private static func rest(of change: FlagVariant, _ release: Release, _ state: EnvironmentState) -> Rest? {
        let subject = Subject(change.flag)
        let definition = state.log.staged.bytes(of: subject.entry).map { StoredFlag.json($0) }
        let member = ComponentKey.isComponent(change.flag) ? "defaultVersion" : "defaultVariant"
        let isAsked = state.floors(of: change.flag).contains { floor in
            floor.levels.contains { $0.release.isExactly(release.name) }
        }
        if release.state == .launched, definition?[member]?.stringValue?.isExactly(change.variant) == true {
            return Rest(
                subject: subject, sentence: "\(subject.title) still gives \"\(change.variant)\" by default",
                isServedOnly: !isAsked)
        }
        let later = state.releases.values.filter { $0.leadsBack(to: change, member) && $0.name != release.name }
        if release.state == .launched, definition != nil, let back = later.map(\.name).min() {
            return Rest(
                subject: subject,
                sentence: "\(subject.title) gives \"\(change.variant)\" by default again when release \"\(back)\" is "
                    + "rolled back", isServedOnly: false)
        }
        guard isAsked else { return nil }
        return Rest(
            subject: subject, sentence: "\(subject.title) still asks older agents for the versions of its launch",
            isServedOnly: false)
    }
}

extension Release {
    /// Whether the roll back of this launched one makes it the default again.
    fileprivate func leadsBack(to change: FlagVariant, _ member: String) -> Bool {
        edits.contains {
            $0.flag.isExactly(change.flag) && $0.member == member && $0.before == .string(change.variant)
        }
    }
}

extension Subject {
    /// The command that serves something else by default.
    fileprivate var defaulting: String {
        entry.kind == .flag ? "flag default \(name) VARIANT" : "component default \(name) VERSION"
    }
}

extension Refusal {
    fileprivate static func notDeleted(
        _ release: Release, detail: [String] = [], hint: String, conflicts: [String] = []
    ) -> Refusal {
        var members: JSONObject = [
            "release": .string(release.name), "state": .string(release.state.rawValue),
        ]
        if !conflicts.isEmpty { members["conflicts"] = .array(conflicts.map { .string($0) }) }
        let sentences = ["release \"\(release.name)\" is \(release.state.text)"] + detail
        return Refusal(
            .conflict, "Release not deleted", detail: sentences.joined(separator: "; "), hint: hint, members: members)
    }
}
