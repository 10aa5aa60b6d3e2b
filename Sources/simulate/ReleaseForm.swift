import Flags

/// One stage of the one release that there is at a time. What it brings is the variant `in`.
struct ReleaseForm: Hashable {
    static let name = "spring"

    var stamp: Int
    /// Flag keys.
    var keys: [String]
    /// In percent.
    var share: Int
    /// Members of this group have it.
    var pilot: String?

    /// As the model reads it: a rollout ahead of the flag's own, for nobody whom that excludes.
    func stage(over flag: FlagForm) -> RolloutForm {
        var stage = RolloutForm(share: share)
        stage.pilot = pilot
        stage.excludedUser = flag.rollout?.excludedUser
        stage.excludedGroup = flag.rollout?.excludedGroup
        return stage
    }

    var bytes: [UInt8] {
        StagedRelease(
            changes: keys.map { FlagVariant(flag: $0, variant: "in") }, pilots: pilot.map { [$0] } ?? [],
            percentage: Percentage(hundredths: share * 100) ?? .none, salt: "spring-\(stamp)"
        ).storedBytes
    }
}
