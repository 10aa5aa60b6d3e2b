import Flags
import JSON
import Replication

extension PrerequisiteCheck {
    /// Prerequisites that nobody meets: a version that the plan retires, or one that is retired and newly required. What
    /// flag and version these are is said where the plan brings it about.
    mutating func retirements() -> [PlanConflict] {
        var found: [PlanConflict] = []
        let rewired = Set(rewired)
        for key in order {
            let subject = Subject(key.text)
            let versions = brought[key]?[subject.variants]
            for dependent in flags(requiring: key) where !rewired.contains(dependent) {
                for item in prerequisites(of: dependent) where item.flag.isExactly(key.text) {
                    guard subject.isRetired(versions?[item.variant]),
                        !subject.isRetired(stored(key)?[subject.variants]?[item.variant])
                    else { continue }
                    found.append(
                        PlanConflict(
                            flag: key.text, pointer: JSONPointer().appending(subject.variants).appending(item.variant),
                            message: "flag \"\(dependent.text)\" requires the version \"\(item.variant)\", which is "
                                + "retired now: everybody gets the flag's default variant",
                            hint: "change the prerequisites of \"\(dependent.text)\""))
                }
            }
            guard rewired.contains(key) else { continue }
            for (index, item) in prerequisites(of: key).enumerated() {
                let required = Subject(item.flag)
                let version = definition(of: ExactString(item.flag))?[required.variants]?[item.variant]
                guard required.isRetired(version) else { continue }
                found.append(
                    PlanConflict(
                        flag: key.text,
                        pointer: JSONPointer().appending("prerequisites").appending(index).appending("version"),
                        message: "version \"\(item.variant)\" of \(required.title) is retired: everybody gets the "
                            + "flag's default variant", hint: "require another version, or bring it back"))
            }
        }
        return found
    }
}
