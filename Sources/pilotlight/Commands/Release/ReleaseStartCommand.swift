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
            cancelled, or has missed its opening time. What is by hand, another terminal does meanwhile. SIGINT ends the \
            following and nothing else. Where nothing else is asked, one that was started before is followed from where it \
            is, and one that has come to its end meanwhile says which: the same command takes the following up again. \
            --now, --opens, --despite-freeze and --if-revision ask for a start.

            Exit codes with --wait: 0 launched, 2 held, 3 rolled back, 4 cancelled, 5 missed, 6 deleted meanwhile, 130 \
            ended by a signal; 1 and 64 as ever.
            """)

    static let examples = [
        Example("pilotlight release start autumn-sale", "At the time that its plan says, or else now"),
        Example("pilotlight release start autumn-sale --now --wait", "Whatever its plan says, and follow it"),
        Example("pilotlight release start autumn-sale --wait", "Follow it; again, too, after a terminal was lost"),
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
            if let release = try await startedBefore(control) {
                return try await following.takeUp(control, release, unused: unused)
            }
            return try await following.run(control, from: try await ask(control))
        }
        if connection.json { print(answer.release.json.prettyText()) }
        guard answer.code == 0 else { throw ExitCode(answer.code) }
    }

    /// The release, where it was started before and nothing but to follow it is asked.
    private func startedBefore(_ control: OperatorClient) async throws -> JSONValue? {
        guard !asksForAStart else { return nil }
        let release = try await control.get(
            "environments", release.environment.name, ReleaseChange.list, release.name)
        return ShownRelease(release).wasStarted ? release : nil
    }

    /// More than to follow it.
    private var asksForAStart: Bool {
        now || opens != nil || freeze.despiteFreeze || release.change.ifRevision != nil
    }

    /// Options that were given and are of a change alone.
    private var unused: [String] {
        var options: [String] = []
        if release.change.message != nil { options.append("--message") }
        if release.change.idempotencyKey != nil { options.append("--idempotency-key") }
        return options
    }
}
