import AgentSocket
import ArgumentParser

/// Who may reach the agent, besides by its socket's path.
struct LookupListenOptions: ParsableArguments {
    @Option(help: "Permission bits of the socket file, in octal.") var socketMode = FileMode(bits: 0o660)
    @Option(help: "Group of the socket file, by name or number.") var socketGroup: String?
    @Option(help: "TCP port on loopback for OFREP; 0 takes a free one.") var ofrepPort: UInt16?
    @Option(help: "TCP port for health and metrics, on all interfaces; 0 takes a free one.") var probePort: UInt16?

    @Flag(help: "Explain answers to whoever may look up: that shows rules and who is in which pilot group.")
    var explain = false

    func configuration(socketPath: String) -> LookupServerConfiguration {
        var configuration = LookupServerConfiguration(socketPath: socketPath)
        configuration.socketMode = socketMode.bits
        configuration.socketGroup = socketGroup
        configuration.ofrepPort = ofrepPort.map(Int.init)
        configuration.probePort = probePort.map(Int.init)
        configuration.allowsExplain = explain
        return configuration
    }
}

/// Permission bits as `chmod` takes them.
struct FileMode: ExpressibleByArgument {
    var bits: UInt32

    init(bits: UInt32) { self.bits = bits }

    init?(argument: String) {
        guard let bits = UInt32(argument, radix: 8), bits <= 0o777 else { return nil }
        self.bits = bits
    }

    var defaultValueDescription: String { "0" + String(bits, radix: 8) }
}
