import Flags

/// What is to become of a component; what is nil stays.
package struct ComponentEdit: Sendable {
    package var defaultVersion: String?
    /// The shares of versions, everything else the default version's. Empty: no split any more.
    package var split: [VersionSplit.Share]?
    /// Groups that get a version first, in place of what they get, new ones behind the others; nil takes a group out.
    package var pilots: [(pilot: String, version: String?)] = []
    /// Empty for none.
    package var description: String?
    /// A version may be given to users though no deployment of it is verified.
    package var unchecked: Bool

    package init(
        defaultVersion: String? = nil, split: [VersionSplit.Share]? = nil,
        pilots: [(pilot: String, version: String?)] = [], description: String? = nil, unchecked: Bool = false
    ) {
        self.defaultVersion = defaultVersion
        self.split = split
        self.pilots = pilots
        self.description = description
        self.unchecked = unchecked
    }
}
