import Foundation
import JSON

/// `ports.json` in the data directory of a running control node: where it listens, for whoever started it with port 0.
struct PortsFile {
    private let path: String

    init(directory: String) { path = directory + "/ports.json" }

    func write(_ ports: ControlPorts) {
        let json = JSONValue.object([
            "api": .integer(Int64(ports.api)), "publish": .integer(Int64(ports.publish)),
            "sync": .integer(Int64(ports.sync)), "pid": .integer(Int64(ProcessInfo.processInfo.processIdentifier)),
        ])
        // Written whole or not at all; nobody needs it badly enough to fail for it.
        try? Data((json.compactText() + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
