import Glibc

/// Why the agent can't listen. The text names the place, the reason, and what to do.
package struct ListenProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }

    init(_ path: String, _ what: String, errno code: Int32) {
        description = "socket \(path): \(what): \(String(cString: strerror(code)))"
    }
}

/// The file of a Unix socket that is ours: made with its mode and group before anybody can connect, in place of one
/// that a dead process left, never in place of a living one's.
struct SocketFile {
    static let longestPath = 107
    static let backlog: Int32 = 1_024
    private static let socketType = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)

    let path: String
    /// A listening socket. Whoever takes it closes it.
    let descriptor: Int32
    private let device: dev_t
    private let inode: ino_t

    static func claim(path: String, mode: UInt32, group: String?) throws(ListenProblem) -> SocketFile {
        guard !path.isEmpty, path.utf8.count <= longestPath, !path.utf8.contains(0) else {
            throw ListenProblem(
                "socket path \(path) has \(path.utf8.count) bytes, the system takes 1 to \(longestPath): "
                    + "choose a shorter --socket")
        }
        let groupID = try group.map { name throws(ListenProblem) in try id(ofGroup: name, path: path) }
        // Held while looking, unlinking and listening, so that two agents that start at once can't both find a dead
        // socket and take each other's place. A directory that can't be read can't be locked: no such help then.
        let lock = open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if lock >= 0 { close(lock) } }
        if lock >= 0 {
            while flock(lock, LOCK_EX) != 0, errno == EINTR {}
        } else if errno == ENOENT {
            throw ListenProblem("socket \(path): its directory does not exist: make it, or choose another --socket")
        }
        try clear(path)
        return try listen(path: path, mode: mode, groupID: groupID)
    }

    /// Removes the file, unless another process has put its own there.
    func removeIfOurs() {
        var found = stat()
        guard lstat(path, &found) == 0, found.st_dev == device, found.st_ino == inode else { return }
        unlink(path)
    }

    private static func listen(path: String, mode: UInt32, groupID: gid_t?) throws(ListenProblem) -> SocketFile {
        let descriptor = socket(AF_UNIX, socketType, 0)
        guard descriptor >= 0 else { throw ListenProblem(path, "can't make a socket", errno: errno) }
        var isBound = false
        func failed(_ what: String) -> ListenProblem {
            let code = errno
            close(descriptor)
            if isBound { unlink(path) }
            return ListenProblem(path, what, errno: code)
        }
        let bound = withAddress(path) { bind(descriptor, $0, $1) }
        guard bound == 0 else { throw failed("can't be made there; check the directory and its permissions") }
        isBound = true
        if let groupID, chown(path, uid_t.max, groupID) != 0 {
            throw failed("can't be given to group \(groupID); the agent's user must belong to it")
        }
        guard chmod(path, mode) == 0 else { throw failed("can't be given the mode \(String(mode, radix: 8))") }
        // Nobody can connect before this line.
        guard Glibc.listen(descriptor, backlog) == 0 else { throw failed("can't listen") }
        var made = stat()
        guard lstat(path, &made) == 0 else { throw failed("is gone at once") }
        return SocketFile(path: path, descriptor: descriptor, device: made.st_dev, inode: made.st_ino)
    }

    /// Removes a dead process's socket file; refuses whatever else is there.
    private static func clear(_ path: String) throws(ListenProblem) {
        var found = stat()
        guard lstat(path, &found) == 0 else {
            if errno == ENOENT { return }
            throw ListenProblem(path, "can't be looked at", errno: errno)
        }
        guard found.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenProblem(
                "socket \(path): a file that is no socket is there: remove it, or choose another --socket")
        }
        let descriptor = socket(AF_UNIX, socketType, 0)
        guard descriptor >= 0 else { throw ListenProblem(path, "can't make a socket", errno: errno) }
        defer { close(descriptor) }
        let result = withAddress(path) { connect(descriptor, $0, $1) }
        let code = errno
        if result != 0, code == ENOENT { return }
        guard result != 0, code == ECONNREFUSED else {
            if result == 0 || code == EAGAIN || code == EINPROGRESS {
                throw ListenProblem(
                    "socket \(path): a living process answers there: stop it, or choose another --socket")
            }
            throw ListenProblem(path, "can't find out whether a living process answers there", errno: code)
        }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw ListenProblem(path, "a dead process's socket can't be removed", errno: errno)
        }
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func id(ofGroup name: String, path: String) throws(ListenProblem) -> gid_t {
        if let number = gid_t(name) { return number }
        var entry = group()
        var result: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &result) == 0, result != nil else {
            throw ListenProblem("socket \(path): there is no group \(name): name an existing one with --socket-group")
        }
        return entry.gr_gid
    }
}
