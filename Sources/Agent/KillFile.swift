import struct Crypto.SHA256
import Foundation
import Glibc
import Logging
import Replication

/// The kills that this agent shows ahead of their turn, kept beside the cache: `kills.overlay`. A file of its own, since
/// the cache may be busy with a large transaction just then. There is none while there are no such kills.
struct KillFile: Sendable {
    static let fileName = "kills.overlay"
    static let graveyardPrefix = "kills.damaged-"
    private static let magic = Array("PLKILL1\n".utf8)
    private static let checkLength = 32

    let directory: String
    /// Waits for the disk at each write.
    let syncEachWrite: Bool

    private var path: String { directory + "/" + Self.fileName }

    /// What was kept. A damaged file is set aside: the kills in it come in order, too.
    func read(_ logger: Logger) throws(AgentError) -> KillOverlay {
        guard FileManager.default.fileExists(atPath: path) else { return KillOverlay() }
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw .cacheUnusable(path: path, reason: error.localizedDescription)
        }
        if let overlay = Self.overlay(in: bytes) { return overlay }
        let name = try CacheGraveyard(directory: directory, prefix: Self.graveyardPrefix).setAside(Self.fileName)
        logger.error(
            "set the urgent kills aside: the file is damaged; each comes again in its turn",
            metadata: ["file": "\(path)", "kept-as": "\(name)"])
        return KillOverlay()
    }

    private static func overlay(in bytes: [UInt8]) -> KillOverlay? {
        guard bytes.count >= magic.count + checkLength, bytes.starts(with: magic),
            Array(bytes.suffix(checkLength)) == check(bytes.dropLast(checkLength))
        else { return nil }
        return try? KillOverlay(encoded: Array(bytes.dropFirst(magic.count).dropLast(checkLength)))
    }

    /// Replaces what was kept, whole or not at all.
    func write(_ overlay: KillOverlay) throws(KillFileFault) {
        if overlay.isEmpty {
            guard unlink(path) == 0 || errno == ENOENT else { throw KillFileFault("remove", path) }
        } else {
            let next = path + ".next"
            try write(overlay, to: next)
            guard rename(next, path) == 0 else { throw KillFileFault("rename", next) }
        }
        if syncEachWrite { try sync(directory) }
    }

    private func write(_ overlay: KillOverlay, to path: String) throws(KillFileFault) {
        var bytes = Self.magic + overlay.encoded()
        bytes += Self.check(bytes[...])
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw KillFileFault("open", path) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw KillFileFault("write", path) }
            written += count
        }
        guard !syncEachWrite || fsync(file) == 0 else { throw KillFileFault("sync", path) }
    }

    private func sync(_ directory: String) throws(KillFileFault) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KillFileFault("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw KillFileFault("sync", directory) }
    }

    private static func check(_ bytes: ArraySlice<UInt8>) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}

/// What the disk refused just now, by `errno`.
struct KillFileFault: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ operation: String, _ path: String) {
        description = "can't \(operation) \(path): \(String(cString: strerror(errno)))"
    }
}
