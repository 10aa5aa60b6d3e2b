/// Which service's side an agent stands at, and which version of it: what the agent was started with.
package struct ServiceIdentity: Sendable, Hashable {
    /// Empty: none, and nothing is required of it.
    package var service: String
    package var version: String

    package init(service: String, version: String) {
        self.service = service
        self.version = version
    }

    package static let none = ServiceIdentity(service: "", version: "")
}
