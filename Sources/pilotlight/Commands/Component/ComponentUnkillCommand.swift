import ArgumentParser
import JSON

struct ComponentUnkillCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "unkill", abstract: "End a kill: the component answers by its definition again, as it stands now.")

    static let examples = [
        Example("pilotlight component unkill checkout --message \"1.1 is mended\"", "Let its definition answer again")
    ]

    @OptionGroup var component: ComponentChange

    var connection: ConnectionOptions { component.connection }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await component.post("unkill", [:], at: control)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { component.text("not killed", answer, style) }
}
