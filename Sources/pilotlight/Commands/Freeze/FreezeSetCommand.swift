import ArgumentParser
import JSON

struct FreezeSetCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Make a freeze window, or change the one of this name.",
        discussion: """
            A time without an offset is one on the clocks of --time-zone, and moves with them when they are put forward or \
            back. With --weekly, --from and --until are a day of the week and a time.
            """)

    static let examples = [
        Example(
            "pilotlight freeze set holidays --from 2026-12-18T18:00 --until 2027-01-04T08:00 --time-zone Europe/Berlin",
            "Once, by the clocks of Berlin"),
        Example(
            "pilotlight freeze set weekend --weekly --from \"fri 16:00\" --until \"mon 08:00\" --time-zone Europe/Berlin "
                + "--reason \"nobody is in\"", "Each week"),
        Example(
            "pilotlight freeze set audit --from 2026-12-01T09:00:00Z --until 2026-12-02T09:00:00Z",
            "Between two moments"),
    ]

    static let list = "freezes"

    @Argument(help: "The window's name.", completion: .custom(NameCompletion.freezes)) var name: String
    @Option(help: ArgumentHelp("When it begins.", valueName: "time")) var from: String
    @Option(help: ArgumentHelp("When it ends.", valueName: "time")) var until: String
    @Flag(help: "Each week.") var weekly = false
    @Option(
        help: ArgumentHelp(
            "Whose clocks times without an offset are of, such as Europe/Berlin; otherwise UTC.", valueName: "zone"))
    var timeZone: String?
    @Option(help: "Why, for those whose release is kept waiting.") var reason: String?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    var body: JSONObject {
        var body: JSONObject = ["from": .string(from), "until": .string(until)]
        if weekly { body["weekly"] = .bool(true) }
        if let timeZone { body["timeZone"] = .string(timeZone) }
        if let reason { body["reason"] = .string(reason) }
        return body
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue {
        try await control.change(
            .put, "environments", environment.name, Self.list, name, body: body, terms: change.terms)
    }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String {
        ([
            "\(PrintableText.of(name)): from \(PrintableText.of(from)) until \(PrintableText.of(until))"
                + (weekly ? ", each week" : "") + (timeZone.map { ", \(PrintableText.of($0))" } ?? "")
        ]
            + DiffText.warnings(answer, style)).joined(separator: "\n")
    }
}
