import JSON

/// A pilot group that gets a version of a component before everybody does.
package struct VersionPilot: Sendable, Hashable {
    package var pilot: String
    package var version: String

    package init(pilot: String, version: String) {
        self.pilot = pilot
        self.version = version
    }

    var json: JSONValue { .object(["pilot": .string(pilot), "version": .string(version)]) }
}
