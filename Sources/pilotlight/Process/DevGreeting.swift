import Control
import Glibc
import JSON
import ServiceLifecycle

/// Prints where it serves and what to try next, once the control node does.
struct DevGreeting: Service {
    var node: ControlNode
    var socket: String
    var output: OutputOptions

    func run() async throws {
        // When the control node can't start, its own error ends the group and says why.
        guard let ports = try? await node.ports() else { return }
        print(output.json ? Self.json(port: ports.api, socket) : Self.text(port: ports.api, socket, output.style))
        fflush(nil)
        try await gracefulShutdown()
    }

    static func text(port: Int, _ socket: String, _ style: OutputStyle) -> String {
        let url = port == 7460 ? "" : " --control-url http://127.0.0.1:\(port)"
        return """
            \(style.paint("Pilotlight runs.", .bold)) In another terminal:

              pilotlight apply Examples/quickstart/flags.json\(url)
              pilotlight lookup greeting --targeting-key ann --socket \(socket)

            """
    }

    static func json(port: Int, _ socket: String) -> String {
        let place: JSONValue = ["controlUrl": .string("http://127.0.0.1:\(port)"), "socket": .string(socket)]
        return place.prettyText()
    }
}
