import Flags
import JSON
import Releases

/// The release that owns a flag or a component now, as the flag or the component shows it.
struct OwningRelease {
    let release: Release
    /// What it brings of the flag or the component.
    private let change: FlagVariant

    /// Nil where no active release owns it.
    init?(of flagKey: String, in state: EnvironmentState) {
        guard let release = state.owner(of: flagKey),
            let change = release.plan.changes.first(where: { $0.flag.isExactly(flagKey) })
        else { return nil }
        self.release = release
        self.change = change
    }

    /// What users have of it now; nil while nobody has it.
    private var staged: StagedRelease? { release.state == .armed ? nil : release.staged }

    /// Of those who are in none of its groups.
    private var share: Percentage { staged?.percentage ?? .none }

    private var stage: JSONValue {
        guard let stage = release.currentStage else { return .null }
        return .object([
            "index": .integer(Int64(release.stage + 1)), "count": .integer(Int64(release.plan.stages.count)),
            "name": .string(stage.name),
        ])
    }

    /// `{"name", "state", "stage", "opens", "variant" or "version", "share", "pilots"}`
    var json: JSONValue {
        let isComponent = ComponentKey.isComponent(change.flag)
        return .object([
            "name": .string(release.name), "state": .string(release.state.rawValue), "stage": stage,
            "opens": release.state == .armed
                ? release.opens.map { .string(Timestamp.text(seconds: $0)) } ?? .null : .null,
            isComponent ? "version" : "variant": .string(change.variant), "share": share.json,
            "pilots": .array((staged?.pilots ?? []).map { .string($0) }),
        ])
    }

    /// What the versions of a component have together with it: it is tried first, the rest is as it was.
    ///
    /// - Parameter shares: of the split, 100 % at most together.
    func laid(over shares: [VersionSplit.Share]) -> [VersionSplit.Share] {
        let own = share.hundredths
        guard own > 0 else { return shares }
        var isThere = false
        var laid = shares.compactMap { share -> VersionSplit.Share? in
            var hundredths = share.percentage.hundredths * (VersionSplit.slots - own) / VersionSplit.slots
            if share.version.isExactly(change.variant) {
                hundredths += own
                isThere = true
            }
            guard hundredths > 0, let percentage = Percentage(hundredths: hundredths) else { return nil }
            return VersionSplit.Share(share.version, percentage)
        }
        if !isThere { laid.append(VersionSplit.Share(change.variant, share)) }
        return laid
    }
}
