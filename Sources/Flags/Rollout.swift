import JSON

/// Who gets a variant before everybody does, where targeting says nothing.
package struct Rollout: Sendable, Hashable {
    package struct Exclusion: Sendable, Hashable {
        /// Targeting keys.
        package var users: [String]
        /// Pilot groups.
        package var pilots: [String]

        package init(users: [String] = [], pilots: [String] = []) {
            self.users = users
            self.pilots = pilots
        }

        package var isEmpty: Bool { users.isEmpty && pilots.isEmpty }
    }

    package enum Share: Sendable, Hashable {
        case fixed(Percentage)
        case ramp(TimeRamp)

        package func percentage(at unixSeconds: Int64) -> Percentage {
            switch self {
            case .fixed(let percentage): percentage
            case .ramp(let ramp): ramp.percentage(at: unixSeconds)
            }
        }
    }

    package var variant: String
    /// Of those who are neither excluded nor in one of the pilot groups.
    package var share: Share
    /// Groups that always have the variant.
    package var pilots: [String]
    package var exclude: Exclusion
    /// The attribute whose value decides; nil for the targeting key.
    package var bucketBy: String?
    /// Two flags with one salt take in the same users at the same share; nil for the flag's key.
    package var salt: String?

    package init(
        variant: String, share: Share = .fixed(.none), pilots: [String] = [], exclude: Exclusion = Exclusion(),
        bucketBy: String? = nil, salt: String? = nil
    ) {
        self.variant = variant
        self.share = share
        self.pilots = pilots
        self.exclude = exclude
        self.bucketBy = bucketBy
        self.salt = salt
    }

    package static let memberNames = ["variant", "percentage", "ramp", "pilots", "exclude", "bucketBy", "salt"]
    package static let longestTextBytes = 256
    /// Users that one rollout excludes by name; more of them are a pilot group.
    package static let mostExcludedUsers = 1_000
    package static let mostPilots = 100

    /// Groups that it names, included or excluded.
    package var pilotsNamed: Set<String> { Set(pilots + exclude.pilots) }

    package var json: JSONValue {
        var object: JSONObject = ["variant": .string(variant)]
        switch share {
        case .fixed(let percentage): object["percentage"] = percentage.json
        case .ramp(let ramp): object["ramp"] = ramp.json
        }
        if !pilots.isEmpty { object["pilots"] = .array(pilots.map { .string($0) }) }
        if !exclude.isEmpty {
            var excluded = JSONObject()
            if !exclude.users.isEmpty { excluded["users"] = .array(exclude.users.map { .string($0) }) }
            if !exclude.pilots.isEmpty { excluded["pilots"] = .array(exclude.pilots.map { .string($0) }) }
            object["exclude"] = .object(excluded)
        }
        if let bucketBy { object["bucketBy"] = .string(bucketBy) }
        if let salt { object["salt"] = .string(salt) }
        return .object(object)
    }

    /// The same as a targeting expression, which gives the variant or null.
    package func targeting(flagKey: String) -> JSONValue {
        var branches: [JSONValue] = []
        if !exclude.users.isEmpty {
            let users = JSONValue.array(exclude.users.map { .string($0) })
            branches += [["in": [["var": "targetingKey"], users]], .null]
        }
        for pilot in exclude.pilots { branches += [["in_pilot": .string(pilot)], .null] }
        for pilot in pilots { branches += [["in_pilot": .string(pilot)], .string(variant)] }
        switch share {
        case .fixed(let percentage): branches.append(part(percentage, flagKey))
        case .ramp(let ramp): branches.append(ladder(from: ramp.from, ramp.steps[...], flagKey))
        }
        return branches.count == 1 ? branches[0] : ["if": .array(branches)]
    }

    /// A tree over the time, so that a hundred steps are seven comparisons.
    private func ladder(from first: Percentage, _ steps: ArraySlice<TimeRamp.Step>, _ flagKey: String) -> JSONValue {
        guard !steps.isEmpty else { return part(first, flagKey) }
        let middle = steps[steps.startIndex + steps.count / 2]
        let earlier = steps[steps.startIndex..<steps.startIndex + steps.count / 2]
        let later = steps[(steps.startIndex + steps.count / 2 + 1)...]
        return [
            "if": [
                ["<": [["var": "$flagd.timestamp"], .integer(middle.at)]], ladder(from: first, earlier, flagKey),
                ladder(from: middle.percentage, later, flagKey),
            ]
        ]
    }

    /// Everybody is the bare variant, so that it needs no targeting key.
    private func part(_ percentage: Percentage, _ flagKey: String) -> JSONValue {
        if percentage == .none { return .null }
        if percentage == .everybody { return .string(variant) }
        return [
            Self.shareOperator: [
                .string(salt ?? flagKey), .string(bucketBy ?? "targetingKey"), .string(variant),
                .integer(Int64(percentage.hundredths)),
            ]
        ]
    }

    /// `fractional` over 10,000 slots, by salt and attribute; for the targeting key among the flag's own it is the very same.
    /// A name that no document can use.
    static let shareOperator = "$share"
}
