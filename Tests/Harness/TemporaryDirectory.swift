import Foundation

/// A directory of one test's own, gone with it. Its path is short: Unix sockets in it must fit into 107 bytes.
/// `PILOTLIGHT_KEEP=1` leaves it where it is, for a look at the logs.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/pilotlight-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let base = buffer.baseAddress, mkdtemp(base) != nil else { return nil }
            return String(cString: base)
        }
        guard let made else { throw HarnessError("no temporary directory: \(String(cString: strerror(errno)))") }
        path = made
    }

    deinit {
        guard ProcessInfo.processInfo.environment["PILOTLIGHT_KEEP"] == nil else { return }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A path inside; nothing is made.
    package func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file and returns its path.
    package func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    package func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = path(name)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Copies a directory or file, replacing what is there.
    package static func copy(_ from: String, to target: String) throws {
        try? FileManager.default.removeItem(atPath: target)
        try FileManager.default.copyItem(atPath: from, toPath: target)
    }
}
