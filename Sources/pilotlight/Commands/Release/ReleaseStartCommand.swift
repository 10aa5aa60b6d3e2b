import ArgumentParser
import Foundation
import JSON

struct ReleaseStartCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a release: its first stage at once, or at its opening time.",
        discussion: """
            At once it is refused while its gate isn't green and in a freeze window. With an opening time ahead it is \
            scheduled, and armed by itself as soon as its gate is green: agents then open at that time by their own \
            clocks, with or without the control node.

            --wait follows it, over restarts of the control node too, until it is launched, held, rolled back or \
            cancelled, or has missed its opening time. What is by hand, another terminal does meanwhile. SIGINT ends the following and nothing else.

            Exit codes with --wait: 0 launched, 2 held, 3 rolled back, 4 cancelled, 5 missed, 130 ended by a signal; 1 \
            and 64 as ever.
            """)

    static let examples = [
        Example("pilotlight release start autumn-sale", "At the time that its plan says, or else now"),
        Example("pilotlight release start autumn-sale --now --wait", "Whatever its plan says, and follow it"),
        Example("pilotlight release start autumn-sale --opens 2026-12-01T09:00:00+01:00", "At that moment"),
        Example("pilotlight release start autumn-sale --opens +2h", "In two hours"),
    ]

    @OptionGroup var release: ReleaseChange
    @Option(help: ArgumentHelp("Open at that time, such as 2026-12-01T09:00:00Z or +2h.", valueName: "time"))
    var opens: Instant?
    @Flag(help: "At once, whatever the plan says.") var now = false
    @Flag(help: "Follow it to its end.") var wait = false
    @OptionGroup var freeze: DespiteFreezeOption

    var connection: ConnectionOptions { release.connection }

    func validate() throws {
        if now && opens != nil { throw ValidationError("--now and --opens exclude each other.") }
    }

    var body: JSONObject {
        var body: JSONObject = ["now": .bool(now), "despiteFreeze": .bool(freeze.despiteFreeze)]
        if let opens { body["opens"] = .string(opens.text) }
        return body
    }

    func ask(_ control: OperatorClient) async throws -> JSONValue { try await release.post("start", body, at: control) }

    func text(for answer: JSONValue, _ style: OutputStyle) -> String { ShownRelease(answer).outcome(style) }

    func run() async throws {
        guard wait else { return show(try await asked(connection, ask)) }
        let following = ReleaseFollowing(
            environment: release.environment.name, name: release.name, style: connection.style,
            printsText: !connection.json)
        let answer = try await asked(connection) { control in
            let started = try await ask(control)
            return try await following.run(control, from: started)
        }
        if connection.json { print(answer.release.json.prettyText()) }
        guard answer.code == 0 else { throw ExitCode(answer.code) }
    }
}
