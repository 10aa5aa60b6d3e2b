import Flags

/// How a flag's share is to be raised or lowered, or a component's. What is nil stays as the rollout has it.
package struct RampRequest: Sendable {
    /// Of a component a version. Needed where there is no rollout yet.
    package var variant: String?
    package var percentage: Percentage
    /// Of a flag alone.
    package var offVariant: String?
    /// Pilot groups that always have the variant; replaces the list.
    package var pilots: [String]?
    /// Users and pilot groups; replaces both lists. `user:` or `pilot:` before a name says which it is; without, it is a
    /// group where there is one of that name.
    package var exclude: [String]?
    /// Empty for the targeting key.
    package var bucketBy: String?
    /// Empty for the flag's key, or the component's own.
    package var salt: String?
    /// The share moves from what it is to `percentage` within so long; nil for at once.
    package var overSeconds: Int64?
    /// When it was asked, in seconds since 1970.
    package var time: Int64
    /// Of a component alone: though no deployment of the version is verified.
    package var unchecked: Bool

    package init(
        variant: String? = nil, percentage: Percentage, offVariant: String? = nil, pilots: [String]? = nil,
        exclude: [String]? = nil, bucketBy: String? = nil, salt: String? = nil, overSeconds: Int64? = nil, time: Int64,
        unchecked: Bool = false
    ) {
        self.variant = variant
        self.percentage = percentage
        self.offVariant = offVariant
        self.pilots = pilots
        self.exclude = exclude
        self.bucketBy = bucketBy
        self.salt = salt
        self.overSeconds = overSeconds
        self.time = time
        self.unchecked = unchecked
    }
}
