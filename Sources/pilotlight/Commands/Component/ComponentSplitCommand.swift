import ArgumentParser
import Flags
import JSON

struct ComponentSplitCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "split", abstract: "Share users out among versions, moving as few of them as can be.",
        discussion: """
            Give each version's share; together 100 % at most, the default version gets the rest. Users whose version's \
            share doesn't shrink keep it. Pilot groups and the rollout come before the split. Refused for a version without \
            a verified deployment, unless --unchecked is given.
            """)

    static let examples = [
        Example("pilotlight component split checkout 1.0=90 1.1=10", "A tenth of users on 1.1"),
        Example("pilotlight component split checkout 1.1=0.5", "Half a percent on 1.1, the rest on the default"),
        Example("pilotlight component split checkout 1.1=100 --message \"all green\"", "Everyone on 1.1"),
    ]

    @OptionGroup var component: ComponentChange
    @Argument(
        help: ArgumentHelp(
            "A version and its share in percent, with two decimals at most.", valueName: "version=percent"))
    var shares: [VersionShare]

    @OptionGroup var check: UncheckedOption

    var connection: ConnectionOptions { component.connection }

    func validate() throws {
        var seen: Set<ExactString> = []
        for share in shares where !seen.insert(ExactString(share.version)).inserted {
            throw ValidationError("The version '\(share.version)' is given twice: give each its one share.")
        }
    }

    var body: JSONObject {
        check.added(
            to: ["split": .object(JSONObject(members: shares.map { .init(key: $0.version, value: $0.share.json) }))])
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await component.patch(body, at: control) }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { DiffText.outcome(answer, style) }
}
