import Flags
import JSON

extension ComponentDefinition {
    /// The versions that more users get than before: made the default, given a larger share, or to another pilot group. What
    /// was the default version isn't among them: whoever is moved there goes back to what was everybody's. Nor is, of a
    /// component that is made anew, the default that it is made with.
    ///
    /// - Parameter unixSeconds: what a ramp that moves by itself is compared at.
    func gained(from before: ComponentDefinition?, at unixSeconds: Int64) -> [String] {
        let usual = before?.defaultVersion ?? defaultVersion
        return versions.map(\.name).filter { version in
            !version.isExactly(usual)
                && (version.isExactly(defaultVersion) || gainsShare(version, before) || gainsPilot(version, before)
                    || gainsRollout(version, before, at: unixSeconds))
        }
    }

    private func gainsShare(_ version: String, _ before: ComponentDefinition?) -> Bool {
        share(of: version) > before?.share(of: version) ?? 0
    }

    /// In hundredths of a percent.
    private func share(of version: String) -> Int {
        (wantedShares ?? split?.shares ?? []).filter { $0.version.isExactly(version) }
            .reduce(0) { $0 + $1.percentage.hundredths }
    }

    private func gainsPilot(_ version: String, _ before: ComponentDefinition?) -> Bool {
        let known = before?.pilots ?? []
        return pilots.contains { $0.version.isExactly(version) && !known.contains($0) }
    }

    private func gainsRollout(_ version: String, _ before: ComponentDefinition?, at unixSeconds: Int64) -> Bool {
        guard let rollout, rollout.variant.isExactly(version), rollout != before?.rollout else { return false }
        guard let known = before?.rollout, known.variant.isExactly(version) else {
            return rollout.share.most > .none || !rollout.pilots.isEmpty
        }
        return rollout.share.most > known.share.percentage(at: unixSeconds)
            || !Set(rollout.pilots).isSubset(of: known.pilots)
            || !Set(known.exclude.users).isSubset(of: rollout.exclude.users)
            || !Set(known.exclude.pilots).isSubset(of: rollout.exclude.pilots)
    }
}

extension Rollout.Share {
    /// The largest that it comes to.
    fileprivate var most: Percentage {
        switch self {
        case .fixed(let percentage): percentage
        case .ramp(let ramp): max(ramp.from, ramp.to)
        }
    }
}
