import ArgumentParser
import JSON

struct ComponentDefaultCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "default",
        abstract: "Set a component's default version: whoever nothing else decides for, gets it.",
        discussion: """
            Slots of the split that name a version keep it. Refused for a version without a verified deployment, unless \
            --unchecked is given.
            """)

    static let examples = [
        Example("pilotlight component default checkout 1.1 --message \"green is the one\"", "From now on 1.1"),
        Example("pilotlight component default checkout 1.1 --unchecked", "Though nobody has verified it"),
    ]

    @OptionGroup var component: ComponentChange
    @Argument(help: "One of the component's versions.") var version: String

    @OptionGroup var check: UncheckedOption

    var connection: ConnectionOptions { component.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await component.patch(check.added(to: ["defaultVersion": .string(version)]), at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        component.text("default version \(version)", answer, style)
    }
}
