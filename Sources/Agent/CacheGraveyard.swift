import Foundation

/// Where caches go that can't be used: beside the new one, for whoever wants to know what happened. The newest three stay.
struct CacheGraveyard {
    static let kept = 3
    static let prefix = "cache.damaged-"

    let directory: String

    /// Renames the file with its write-ahead log and index; returns its new name.
    func setAside(_ fileName: String) throws(AgentError) -> String {
        let files = FileManager.default
        var name = Self.prefix + Self.timestamp()
        var attempt = 1
        while files.fileExists(atPath: directory + "/" + name) {
            attempt += 1
            name = Self.prefix + Self.timestamp() + "-\(attempt)"
        }
        for suffix in ["", "-wal", "-shm"] {
            let path = directory + "/" + fileName + suffix
            guard files.fileExists(atPath: path) else { continue }
            do {
                try files.moveItem(atPath: path, toPath: directory + "/" + name + suffix)
            } catch {
                throw .cacheUnusable(path: path, reason: error.localizedDescription)
            }
        }
        removeOldest()
        return name
    }

    private func removeOldest() {
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: directory)) ?? []
        let damaged = names.filter {
            $0.hasPrefix(Self.prefix) && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
        }
        // Named by time, so that their order is the order of their names.
        for name in damaged.sorted(by: { $0.compare($1, options: .numeric) == .orderedAscending }).dropLast(Self.kept) {
            for suffix in ["", "-wal", "-shm"] { try? files.removeItem(atPath: directory + "/" + name + suffix) }
        }
    }

    /// `20260131T235959Z`, UTC.
    private static func timestamp() -> String {
        Date.now.formatted(Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted))
    }
}
