import Agent
import ArgumentParser
import Control
import Logging

struct DevCommand: AsyncParsableCommand, ExampledCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev", abstract: "Run a control node and an agent in one process, for a laptop.",
        discussion: "What it keeps is in the data directory: remove that to begin anew.")

    static let examples = [
        Example("pilotlight dev", "Begin, or go on with what .pilotlight holds"),
        Example(
            "pilotlight dev --ofrep-port 8016 --json", "For clients without Unix sockets; where it serves, as JSON"),
    ]

    @Option(help: "The directory of everything it keeps; made if it isn't there.") var data = ".pilotlight"
    @Option(help: "The Unix socket to answer on; otherwise agent.sock in the data directory.") var socket: String?
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var ports: ControlPortOptions
    @OptionGroup var listen: LookupListenOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (port, option) in [(ports.publishPort, "--publish-port"), (ports.syncPort, "--sync-port")] where port == 0 {
            throw ValidationError("The value '0' is invalid for '\(option)': the agent must know the port beforehand.")
        }
    }

    func run() async throws {
        log.bootstrap()
        let control = Logger(label: "pilotlight.control")
        let node = ControlNode(ports.configuration(dataDirectory: data + "/control"), logger: control)
        let socket = socket ?? data + "/agent.sock"
        let agent = AgentConfiguration(
            publishPort: ports.publishPort, syncPort: ports.syncPort, environment: environment.name,
            dataDirectory: data + "/agent", name: "dev")
        let services = try await AgentProcess.services(
            agent, listen.configuration(socketPath: socket), logger: Logger(label: "pilotlight.agent"))
        let greeting = DevGreeting(node: node, socket: socket, output: output)
        try await Daemon.run([node] + services + [greeting], logger: control)
    }
}
