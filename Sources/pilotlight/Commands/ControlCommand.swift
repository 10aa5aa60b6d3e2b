import ArgumentParser
import Control
import Foundation
import Logging

struct ControlCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "control", abstract: "Run a control node: the one that changes are published at.",
        discussion: "Runs until SIGTERM or SIGINT, then finishes what it has accepted. Logs go to standard error.")

    static let examples = [
        Example("pilotlight control --data /var/lib/pilotlight/control", "For agents on this machine"),
        Example(
            "pilotlight control --data /var/lib/pilotlight/control --host 10.0.0.5 --insecure --history-keep 90d",
            "For a network that you trust; history of 90 days"),
        Example(
            "pilotlight control --data /var/lib/pilotlight/control --webhook https://hooks.example.com/releases "
                + "--webhook-secret-file /etc/pilotlight/webhook.secret", "Releases are announced there"),
    ]

    @Option(help: "The directory of its store; made if it isn't there.") var data: String
    @Option(help: "The address to bind: a name or a number.") var host = "127.0.0.1"
    @OptionGroup var ports: ControlPortOptions
    @Flag(help: "Bind an address that other machines reach, in plain text and without keys.") var insecure = false
    @Option(
        help: ArgumentHelp(
            "How much history is kept: a time such as 90d, or a number of revisions; everything unless given.",
            valueName: "time-or-count"))
    var historyKeep: HistoryAmount?
    @Option(
        help: ArgumentHelp(
            "Announce releases that are launched, held or rolled back to this address, signed as Standard Webhooks has it.",
            valueName: "url"))
    var webhook: String?
    @Option(
        help: ArgumentHelp(
            "The file that holds the webhook's secret: whsec_ and base64, or any text.", valueName: "file"),
        completion: .file())
    var webhookSecretFile: String?
    @OptionGroup var log: LogOptions

    func validate() throws {
        switch (webhook, webhookSecretFile) {
        case (_?, nil): throw ValidationError("--webhook signs what it sends: name a file with --webhook-secret-file.")
        case (nil, _?): throw ValidationError("--webhook-secret-file is of a webhook: name it with --webhook.")
        default: break
        }
    }

    func run() async throws {
        log.bootstrap()
        let logger = Logger(label: "pilotlight.control")
        var configuration = ports.configuration(dataDirectory: data, host: host, insecure: insecure)
        if let historyKeep { configuration.historyKeep = historyKeep.keep }
        if let webhook, let webhookSecretFile {
            configuration.webhook = WebhookSetting(url: webhook, secretFile: webhookSecretFile)
        }
        try configuration.takeTestVariables(ProcessInfo.processInfo.environment)
        let node = ControlNode(configuration, logger: logger)
        try await Daemon.run([node], logger: logger)
    }
}
