import ArgumentParser
import Control

/// The three ports that a control node listens on.
struct ControlPortOptions: ParsableArguments {
    @Option(help: "Port of the operator API (HTTP); 0 takes a free one.") var apiPort: UInt16 = 7460
    @Option(help: "Port of deltas and heartbeats (ZeroMQ PUB); 0 takes a free one.") var publishPort: UInt16 = 7461
    @Option(help: "Port of catch-up and reports (ZeroMQ ROUTER); 0 takes a free one.") var syncPort: UInt16 = 7462

    func configuration(
        dataDirectory: String, host: String = "127.0.0.1", insecure: Bool = false
    ) -> ControlConfiguration {
        ControlConfiguration(
            dataDirectory: dataDirectory, host: host, apiPort: Int(apiPort), publishPort: Int(publishPort),
            syncPort: Int(syncPort), insecure: insecure)
    }
}
