import Agent
import AgentSocket
import ArgumentParser
import Logging
import NIOCore
import Outbound

struct AgentCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Run a sidecar agent: it answers lookups on a Unix socket.",
        discussion: """
            Starts from its cache, with or without a control node. Runs until SIGTERM or SIGINT. Logs go to standard \
            error.
            """)

    static let examples = [
        Example(
            "pilotlight agent --control 10.0.0.5 --data /var/lib/pilotlight/agent --service checkout --service-version 1.4.2",
            "Beside version 1.4.2 of a service, on the usual socket"),
        Example(
            "pilotlight agent --control 10.0.0.5 --data agent --service cart --service-version 2.0 --health http://127.0.0.1:8080/healthz",
            "Beside a service whose health counts where a release requires it"),
        Example(
            "pilotlight agent --control 127.0.0.1 --data agent --socket agent.sock --environment staging --probe-port 9100",
            "On a socket here, for staging, with health and metrics on a port"),
    ]

    @Option(help: "A control node's host; repeatable.") var control: [String]
    @Option(help: "The control node's port of deltas and heartbeats.") var publishPort: UInt16 = 7461
    @Option(help: "The control node's port of catch-up and reports.") var syncPort: UInt16 = 7462
    @OptionGroup var environment: EnvironmentOption
    @Option(help: "The directory of its cache and its id; made if it isn't there.") var data: String
    @Option(help: "The Unix socket to answer on.") var socket = "/run/pilotlight/agent.sock"
    @OptionGroup var listen: LookupListenOptions
    @Option(help: "Its name in the fleet; otherwise the host's name and the service's.") var name: String?
    @Option(help: "The service it runs beside.") var service: String?
    @Option(help: "That service's version.") var serviceVersion: String?
    @Option(
        help: "Where that service's health is asked each second: a URL with http, https or http+unix.",
        transform: { try HTTPAddress($0) })
    var health: HTTPAddress?
    @Option(help: "How long that answer may take.") var healthTimeout = TimeSpan(seconds: 2)
    @Option(help: "Answers are stale after so long without a heartbeat.") var staleAfter = TimeSpan(seconds: 5)
    @Flag(help: "Sync the cache at each commit: power loss too then takes back nothing that was answered.")
    var syncEachCommit = false
    @OptionGroup var log: LogOptions

    private static let quickestTimeout = Duration.milliseconds(10)
    private static let slowestTimeout = Duration.seconds(60)

    func validate() throws {
        guard (Self.quickestTimeout...Self.slowestTimeout).contains(healthTimeout.duration) else {
            throw ValidationError(
                "The value '\(healthTimeout)' is invalid for '--health-timeout': give one from 10ms to 1m")
        }
    }

    func run() async throws {
        log.bootstrap()
        // For the health check, if there is one: a thread for each processor would be too many.
        NIOSingletons.groupLoopCountSuggestion = 1
        let logger = Logger(label: "pilotlight.agent")
        let agent = AgentConfiguration(
            controlHosts: control, publishPort: publishPort, syncPort: syncPort, environment: environment.name,
            dataDirectory: data, name: name, service: service ?? "", serviceVersion: serviceVersion ?? "",
            health: health, healthTimeout: healthTimeout.duration,
            syncEachCommit: syncEachCommit, staleAfter: staleAfter.duration)
        let services = try await AgentProcess.services(
            agent, listen.configuration(socketPath: socket), logger: logger)
        try await Daemon.run(services, logger: logger)
    }
}
