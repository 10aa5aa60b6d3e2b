import Control
import Glibc
import ServiceLifecycle

/// Prints what to try next, once the control node serves.
struct DevGreeting: Service {
    var node: ControlNode
    var socket: String

    func run() async throws {
        // When the control node can't start, its own error ends the group and says why.
        guard let ports = try? await node.ports() else { return }
        let url = ports.api == 7460 ? "" : " --control-url http://127.0.0.1:\(ports.api)"
        print(
            """
            Pilotlight runs. In another terminal:

              pilotlight apply Examples/quickstart/flags.json\(url)
              pilotlight lookup greeting --targeting-key ann --socket \(socket)

            """)
        fflush(nil)
        try await gracefulShutdown()
    }
}
