import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOPosix

/// The whole store, as it stands at one commit, while changes go on.
extension OperatorAPI {
    var backup: Handler {
        { _ throws(Refusal) in
            let copy: BackupCopy
            do {
                copy = try await BackupCopy(of: store, in: dataDirectory)
            } catch {
                logger.error("a backup could not be made", metadata: ["error": "\(error)"])
                throw Refusal(
                    .failed, "Backup failed", detail: "\(error)",
                    hint: "the data directory needs room for a second copy of the store while one is made")
            }
            let body = ResponseBody(contentLength: copy.size) { writer in
                var sent = 0
                while sent < copy.size {
                    let part = try await copy.part(at: sent)
                    sent += part.readableBytes
                    try await writer.write(part)
                }
                try await writer.finish(nil)
            }
            return APIResponse(status: .ok, contentType: "application/vnd.sqlite3", body: body)
        }
    }
}

/// A copy of the store on its way out. Once it is made it has no name any more: its room is given back when the last byte
/// is sent, the receiver is gone, or the process dies.
private final class BackupCopy: Sendable {
    let size: Int
    private let descriptor: Int32

    private static let partBytes = 256 << 10

    init(of store: StoreReader, in directory: String) async throws {
        let path = directory + "/" + BackupFile.prefix + UUID().uuidString
        defer { BackupFile.remove(path) }
        try await store.copy(to: path)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ControlError.store(path: path, reason: String(cString: strerror(errno)))
        }
        size = Int(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    /// Bytes from `offset` on, one at least.
    func part(at offset: Int) async throws -> ByteBuffer {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var buffer = ByteBuffer()
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.partBytes) { bytes in
                max(0, pread(descriptor, bytes.baseAddress, Self.partBytes, off_t(offset)))
            }
            // The connection ends with this: whoever receives knows that it isn't whole.
            guard count > 0 else {
                throw ControlError.store(path: "backup", reason: "it can't be read at \(offset) of \(size) bytes")
            }
            return buffer
        }
    }
}

/// The files that backups are made in.
enum BackupFile {
    static let prefix = ".backup-being-made-"

    static func remove(_ path: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    /// What a node that was killed left behind.
    static func removeAll(in directory: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names where name.hasPrefix(prefix) { remove(directory + "/" + name) }
    }
}
