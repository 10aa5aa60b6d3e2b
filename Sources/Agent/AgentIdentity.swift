import Foundation
import Glibc

/// Who an agent is to the control node.
package struct AgentIdentity: Sendable, Hashable {
    /// 32 hexadecimal digits, drawn once and kept in `agent-id` of the data directory.
    package var id: String
    package var name: String
    /// Drawn at each start: two boots at once with one id are two agents on copies of one directory.
    package var boot: UInt64

    package init(id: String, name: String, boot: UInt64) {
        self.id = id
        self.name = name
        self.boot = boot
    }

    /// Reads the id of the directory; draws one if there is none, or none that can be read.
    package static func load(
        from directory: AgentDirectory, name: String?, service: String
    ) throws(AgentError) -> AgentIdentity {
        let path = directory.path + "/agent-id"
        let boot = UInt64.random(in: .min ... .max)
        let name = name ?? defaultName(service: service)
        if let text = try? String(contentsOfFile: path, encoding: .utf8) {
            let id = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if isWellFormed(id) { return AgentIdentity(id: id, name: name, boot: boot) }
        }
        let id = (0..<16).map { _ in hex(UInt8.random(in: .min ... .max)) }.joined()
        do {
            // Whole or not at all: a half-written id would be another agent at the next start.
            try (id + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw .directoryUnusable(path: directory.path, reason: error.localizedDescription)
        }
        return AgentIdentity(id: id, name: name, boot: boot)
    }

    private static func isWellFormed(_ id: String) -> Bool {
        id.utf8.count == 32 && id.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }

    private static func defaultName(service: String) -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        gethostname(&bytes, bytes.count - 1)
        let host = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let name = host.isEmpty ? "agent" : host
        return service.isEmpty ? name : name + "-" + service
    }
}
