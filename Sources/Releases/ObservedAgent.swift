/// One agent as the control node knows it: what it reported last. Agents that are gone aren't given.
package struct ObservedAgent: Sendable, Hashable {
    package enum Health: String, Sendable, Hashable, CaseIterable {
        /// Nothing asks the service how it does.
        case unchecked
        case passing
        case failing
        /// The service is asked, and hasn't answered yet.
        case unknown
    }

    package var id: String
    package var name: String
    /// Empty: none.
    package var service: String
    package var version: String
    /// Else silent.
    package var isLive: Bool
    package var health: Health
    /// Not heard since the control node started, and not yet given up.
    package var isAwaited: Bool
    /// Another one speaks under its id, so that nobody knows of either what runs there.
    package var isDuplicate: Bool

    package init(
        id: String, name: String, service: String, version: String, isLive: Bool, health: Health = .unchecked,
        isAwaited: Bool = false, isDuplicate: Bool = false
    ) {
        self.id = id
        self.name = name
        self.service = service
        self.version = version
        self.isLive = isLive
        self.health = health
        self.isAwaited = isAwaited
        self.isDuplicate = isDuplicate
    }
}
