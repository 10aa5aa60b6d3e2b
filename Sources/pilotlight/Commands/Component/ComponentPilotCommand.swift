import ArgumentParser
import Flags
import JSON

struct ComponentPilotCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "pilot", abstract: "Give pilot groups a version of a component, or take them out.",
        discussion: """
            Whoever is in several of the groups gets the version of the first. A group that has one keeps its place; new \
            ones come behind, in the order given. GROUP= takes a group out. Refused for a version without a verified \
            deployment, unless --unchecked is given.
            """)

    static let examples = [
        Example(
            "pilotlight component pilot checkout early-birds=1.1 insiders=2.0-beta", "Two groups, each its version"),
        Example("pilotlight component pilot checkout insiders=", "The insiders are users as all others"),
    ]

    @OptionGroup var component: ComponentChange
    @Argument(
        help: ArgumentHelp("A pilot group and its version; without a version it has none.", valueName: "group=version"))
    var pilots: [PilotVersion]

    @OptionGroup var check: UncheckedOption

    var connection: ConnectionOptions { component.connection }

    func validate() throws {
        var seen: Set<ExactString> = []
        for pilot in pilots where !seen.insert(ExactString(pilot.pilot)).inserted {
            throw ValidationError("The pilot group '\(pilot.pilot)' is given twice: give it one version.")
        }
    }

    var body: JSONObject {
        let members = pilots.map { pilot in
            JSONObject.Member(key: pilot.pilot, value: pilot.version.map { .string($0) } ?? .null)
        }
        return check.added(to: ["pilots": .object(JSONObject(members: members))])
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await component.patch(body, at: control) }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { DiffText.outcome(answer, style) }
}
