import ArgumentParser
import Control
import JSON

struct RestoreCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of a control node's store.",
        discussion: """
            The control node must be stopped. The backup is checked whole before anything is touched, and a store that is \
            there is put aside, not deleted, after a question. Agents that have seen newer revisions keep them and go on answering: once the \
            control node runs and has heard of them, it takes no writes until \
            `pilotlight environment new-epoch NAME --yes`.
            """)

    static let examples = [
        Example("pilotlight restore pilotlight-backup.sqlite --data /var/lib/pilotlight", "Into an empty directory"),
        Example(
            "pilotlight restore pilotlight-backup.sqlite --data /var/lib/pilotlight --yes",
            "In the place of a store, which is put aside"),
    ]

    @Argument(help: "A file that `pilotlight backup` made.") var file: String
    @Option(help: "The control node's data directory; made if it isn't there.") var data: String
    @OptionGroup var confirmation: ConfirmationOption
    @Flag(help: "Print what was restored as JSON.") var json = false

    func run() async throws {
        let restored: StoreRestore.Restored
        do {
            do {
                restored = try await restore(replacing: confirmation.yes)
            } catch ControlError.occupied(let path) {
                try confirmation.demand(
                    "Put \(path) aside, and the backup in its place?",
                    kept: "nothing is restored, there is a store already, \(path)")
                restored = try await restore(replacing: true)
            }
        } catch let error as ControlError {
            throw CommandRefusal("\(error)")
        }
        if json {
            let environments = restored.environments.map { environment -> JSONValue in
                .object([
                    "name": .string(environment.name), "revision": environment.revision.json,
                    "entries": .integer(Int64(environment.entries)),
                ])
            }
            let answer = JSONValue.object([
                "environments": .array(environments), "replaced": restored.replaced.map { .string($0) } ?? .null,
            ])
            return print(answer.prettyText())
        }
        for environment in restored.environments {
            let entries = CountText.of(environment.entries, "entry", "entries")
            print("\(environment.name): \(RevisionText.full(environment.revision.json)), \(entries)")
        }
        if let replaced = restored.replaced { print("the store that was there: \(replaced)") }
    }

    private func restore(replacing: Bool) async throws -> StoreRestore.Restored {
        try await ProgressLine.during("checking \(file)") { _ in
            try StoreRestore.restore(file, to: data, replacing: replacing)
        }
    }
}
