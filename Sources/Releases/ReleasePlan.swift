import Flags
import JSON

/// What a release is to do, as its author wrote it.
package struct ReleasePlan: Sendable, Hashable {
    /// What happens when the gate turns red while users have it.
    package enum OnRed: String, Sendable, Hashable, CaseIterable {
        case hold
        case rollBack = "rollback"
    }

    package var name: String
    package var title: String?
    /// Who answers for it.
    package var owner: String?
    /// At least one, no flag or component twice.
    package var changes: [FlagVariant]
    /// As written; `allRequirements` has those that go without saying.
    package var requires: [Requirement]
    /// At least one.
    package var stages: [ReleaseStage]
    /// Seconds since 1970.
    package var opens: Int64?
    package var onRed: OnRed
    package var exclude: Rollout.Exclusion
    /// The attribute whose value decides who is within a percentage; nil for the targeting key.
    package var bucketBy: String?
    /// Two releases with one salt take in the same users at the same share; the release's name unless given.
    package var salt: String
    /// For those who run it.
    package var notes: String?
    package var announcement: Announcement

    package init(
        name: String, title: String? = nil, owner: String? = nil, changes: [FlagVariant],
        requires: [Requirement] = [], stages: [ReleaseStage], opens: Int64? = nil, onRed: OnRed = .hold,
        exclude: Rollout.Exclusion = Rollout.Exclusion(), bucketBy: String? = nil, salt: String? = nil,
        notes: String? = nil, announcement: Announcement = Announcement()
    ) {
        self.name = name
        self.title = title
        self.owner = owner
        self.changes = changes
        self.requires = requires
        self.stages = stages
        self.opens = opens
        self.onRed = onRed
        self.exclude = exclude
        self.bucketBy = bucketBy
        self.salt = salt ?? name
        self.notes = notes
        self.announcement = announcement
    }

    package static let memberNames = [
        "name", "title", "owner", "changes", "requires", "stages", "template", "opens", "onRed", "exclude", "bucketBy",
        "salt", "notes", "announcement",
    ]
    package static let mostChanges = 100
    package static let mostRequirements = 100
    package static let mostStages = 50
    package static let longestTitleBytes = 256
    package static let longestNotesBytes = 65_536

    /// Why `name` can't name a release; nil if it can.
    package static func fault(inName name: String) -> String? { PlainName.fault(in: name, of: "release") }

    /// Flag keys of what it changes.
    package var subjects: [String] { changes.map(\.flag) }

    /// Those written, and for each component that moves and isn't asked for already: present, one at least.
    package var allRequirements: [Requirement] {
        var all = requires
        for change in changes {
            guard let component = ComponentKey.component(of: change.flag) else { continue }
            let isWritten = requires.contains { requirement in
                guard case .present(let service, let version, _) = requirement else { return false }
                return service.isExactly(component) && version.isExactly(change.variant)
            }
            if !isWritten { all.append(.present(service: component, version: change.variant, atLeast: 1)) }
        }
        return all
    }

    /// From 0; by a stage's name, or else by its number from 1.
    func stage(called text: String) -> Int? {
        if let named = stages.firstIndex(where: { $0.name.isExactly(text) }) { return named }
        guard let number = Int(text), (1...stages.count).contains(number) else { return nil }
        return number - 1
    }

    /// Groups that its stages take in or its exclusion leaves out.
    package var pilotsNamed: Set<String> { Set(stages.flatMap(\.pilots) + exclude.pilots) }

    /// The groups that have it at a stage: its own and those of the stages before, in their order.
    package func pilots(atStage index: Int) -> [String] {
        var pilots: [String] = []
        for stage in stages.prefix(index + 1) {
            for pilot in stage.pilots where !pilots.contains(pilot) { pilots.append(pilot) }
        }
        return pilots
    }

    /// What agents are told at a stage.
    package func staged(atStage index: Int, opens: Int64?) -> StagedRelease {
        var requires: [VersionRequirement] = []
        for requirement in allRequirements.map(\.ofAgent) where !requires.contains(requirement) {
            requires.append(requirement)
        }
        return StagedRelease(
            changes: changes, requires: requires, pilots: pilots(atStage: index),
            percentage: stages.indices.contains(index) ? stages[index].percentage : .none, exclude: exclude,
            bucketBy: bucketBy, salt: salt, opens: opens)
    }

    /// As a plan file has it.
    package var json: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        if let title { object["title"] = .string(title) }
        if let owner { object["owner"] = .string(owner) }
        object["changes"] = .array(changes.map(\.json))
        if !requires.isEmpty { object["requires"] = .array(requires.map { .string($0.text) }) }
        object["stages"] = .array(stages.map(\.json))
        if let opens { object["opens"] = .string(Timestamp.text(seconds: opens)) }
        object["onRed"] = .string(onRed.rawValue)
        if !exclude.isEmpty {
            var excluded = JSONObject()
            if !exclude.users.isEmpty { excluded["users"] = .array(exclude.users.map { .string($0) }) }
            if !exclude.pilots.isEmpty { excluded["pilots"] = .array(exclude.pilots.map { .string($0) }) }
            object["exclude"] = .object(excluded)
        }
        if let bucketBy { object["bucketBy"] = .string(bucketBy) }
        if !salt.isExactly(name) { object["salt"] = .string(salt) }
        if let notes { object["notes"] = .string(notes) }
        if !announcement.isEmpty { object["announcement"] = announcement.json }
        return .object(object)
    }

    /// - Parameter pointer: where the plan stands in its document.
    /// - Returns: nil for the plan where one of the problems is an error.
    package static func read(
        _ json: JSONValue, at pointer: JSONPointer = JSONPointer()
    ) -> (plan: ReleasePlan?, problems: [Problem]) {
        var reader = ReleasePlanReader()
        let plan = reader.read(json, at: pointer)
        return (plan, reader.problems)
    }

    /// Stages under a name, for plans that don't write their own.
    package static let templates: [String: [ReleaseStage]] = [
        "gradual": [
            ReleaseStage(name: "staff", pilots: ["staff"]),
            ReleaseStage(name: "pilot-customers", pilots: ["pilot-customers"]),
            gradual(1), gradual(10), gradual(50),
            ReleaseStage(name: "everyone", percentage: .everybody),
        ]
    ]

    private static func gradual(_ percent: Int64) -> ReleaseStage {
        let percentage = Percentage(.integer(percent)) ?? .none
        return ReleaseStage(name: percentage.text, percentage: percentage)
    }
}
