import Foundation
import Replication

/// Puts a backup in the place of a data directory's store. The backup is read whole and checked before anything is
/// touched; what was there is kept beside it.
package enum StoreRestore {
    /// What was put in place.
    package struct Restored: Sendable {
        package struct Environment: Sendable {
            package var name: String
            package var revision: Revision
            package var entries: Int
        }

        package var environments: [Environment]
        /// Where the store that was there is now; nil where there was none.
        package var replaced: String?
    }

    /// - Parameters:
    ///   - backup: a file that a backup made; it stays as it is.
    ///   - replacing: whether a store that is there may be put aside.
    /// - Throws: `ControlError`, when a control node runs on the directory, when there is a store and `replacing` is
    ///   false, when the backup is damaged or no backup, or when a file can't be written.
    package static func restore(_ backup: String, to directory: String, replacing: Bool) throws -> Restored {
        guard FileManager.default.isReadableFile(atPath: backup) else {
            throw ControlError.store(path: backup, reason: "there is no such file, or it can't be read")
        }
        try ControlNode.makeDirectory(directory)
        let lock = try DirectoryLock(directory: directory)
        defer { withExtendedLifetime(lock) {} }
        let path = directory + "/" + ControlStore.fileName
        let isOccupied = FileManager.default.fileExists(atPath: path)
        guard !isOccupied || replacing else { throw ControlError.occupied(path: path) }

        let candidate = path + ".restoring"
        remove(candidate)
        defer { remove(candidate) }
        // A store that was put aside may have a write-ahead log, with all that its file doesn't hold yet.
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: backup + suffix) {
            try moving(candidate) {
                try FileManager.default.copyItem(atPath: backup + suffix, toPath: candidate + suffix)
            }
        }
        let environments = try asBackup(backup) { try check(candidate) }
        try synchronise(candidate)

        let replaced = try putAside(path, isOccupied: isOccupied)
        guard rename(candidate, path) == 0 else {
            let failure = failure(path)
            // As long as the store has its own name, a second one is in the way.
            if let replaced, FileManager.default.fileExists(atPath: path) { unlink(replaced) }
            throw failure
        }
        try synchronise(directory)
        return Restored(environments: environments, replaced: replaced)
    }

    /// What is wrong with the copy is wrong with the backup, and is told of that.
    private static func asBackup<Value>(_ backup: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch ControlError.damagedStore(_, let detail) {
            throw ControlError.unusableBackup(path: backup, reason: "it is damaged: \(detail)")
        } catch ControlError.foreignStore {
            throw ControlError.unusableBackup(
                path: backup, reason: "it is an SQLite file, but not of a Pilotlight control node")
        } catch ControlError.newerStore(_, let format, let known) {
            throw ControlError.newerStore(path: backup, format: format, known: known)
        } catch ControlError.olderStore(_, let format, let known) {
            throw ControlError.olderStore(path: backup, format: format, known: known)
        }
    }

    /// Reads it as a control node would, digests and all.
    private static func check(_ path: String) throws -> [Restored.Environment] {
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        guard let size, size > 0 else { throw ControlError.damagedStore(path: path, detail: "the backup is empty") }
        let store = try ControlStore(path: path, creating: false, clock: Moment.now.wall)
        let loaded: LoadedStore
        do {
            defer { store.close() }
            loaded = try store.load()
        }
        // Alone in its file, or not at all: the log doesn't move along.
        do {
            try ControlStore.foldLog(path)
        } catch {
            throw ControlStore.wrap(error, path)
        }
        guard !FileManager.default.fileExists(atPath: path + "-wal") else {
            throw ControlError.store(
                path: path, reason: "its write-ahead log can't be folded in: is there room on the disk?")
        }
        return loaded.environments.map {
            Restored.Environment(
                name: $0.state.name, revision: $0.state.committed.revision, entries: $0.state.committed.entryCount)
        }
    }

    /// Gives the store that is there a second name, by which it stays when the backup takes its place in one step. Its
    /// write-ahead log is folded in before; one that stays (of a store too damaged for that, or of one that is no longer
    /// there) is moved away first: next to another store's file it would be taken for that one's.
    /// - Returns: the name; nil where there was nothing.
    private static func putAside(_ path: String, isOccupied: Bool) throws -> String? {
        let aside = path + ".replaced-\(Moment.now.wall)"
        if isOccupied { try? ControlStore.foldLog(path) }
        var isAside = false
        for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            guard rename(path + suffix, aside + suffix) == 0 else { throw failure(aside + suffix) }
            isAside = true
        }
        guard isOccupied else { return isAside ? aside : nil }
        // Not every file system has second names.
        guard link(path, aside) == 0 || rename(path, aside) == 0 else { throw failure(aside) }
        return aside
    }

    private static func failure(_ path: String) -> ControlError {
        .store(path: path, reason: String(cString: strerror(errno)))
    }

    private static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    private static func moving(_ path: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw ControlError.store(path: path, reason: (error as NSError).localizedDescription)
        }
    }

    /// Makes a file's content, or a directory's names, last.
    private static func synchronise(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }
}
