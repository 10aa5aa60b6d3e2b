import Foundation
import Glibc
import Synchronization

/// An agent's data directory, held for this process alone: by an advisory lock that the kernel drops with the process,
/// however that ends. Two agents on one directory would be two writers of one cache, with one id.
package final class AgentDirectory: Sendable {
    package let path: String
    private let descriptor: Mutex<Int32>

    package init(path: String) throws(AgentError) {
        do {
            // Members of pilot groups are nobody else's business.
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw .directoryUnusable(path: path, reason: error.localizedDescription)
        }
        let lock = path + "/lock"
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .directoryUnusable(path: path, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let owner = Self.readOwner(descriptor)
            close(descriptor)
            guard code == EWOULDBLOCK else {
                throw .directoryUnusable(path: path, reason: String(cString: strerror(code)))
            }
            throw .directoryInUse(path: path, pid: owner)
        }
        let pid = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, pid, pid.count, 0) == pid.count else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw .directoryUnusable(path: path, reason: reason)
        }
        self.path = path
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Leaves the directory to another agent; nothing of it may be touched afterwards.
    package func release() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            // As control's does: a process that is being spawned has the descriptor, too.
            flock(descriptor, LOCK_UN)
            close(descriptor)
            descriptor = -1
        }
    }

    private static func readOwner(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return Int32(String(decoding: bytes.prefix(max(count, 0)).prefix { $0 != 10 }, as: UTF8.self))
    }
}
