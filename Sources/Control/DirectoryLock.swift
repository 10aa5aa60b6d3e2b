import Foundation
import Glibc

/// One control node per data directory: an advisory lock that the kernel drops with the process, however that ends.
/// The file holds the owner's pid, so that the second one can name the first.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    init(directory: String) throws(ControlError) {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .directory(path: directory, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = pread(descriptor, &bytes, bytes.count, 0)
            close(descriptor)
            let owner = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            throw .directoryInUse(path: directory, pid: owner.isEmpty ? nil : owner)
        }
        let pid = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, pid, pid.count, 0)
        self.descriptor = descriptor
    }

    deinit {
        // A process that is being spawned at this moment has the descriptor, too, until it runs its own program.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
