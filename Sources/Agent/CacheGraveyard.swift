import Foundation

/// Where files go that can't be used: beside the new one, for whoever wants to know what happened. The newest three of a
/// kind stay.
struct CacheGraveyard {
    static let kept = 3
    static let prefix = "cache.damaged-"

    let directory: String
    /// Of the names that files are kept under.
    var prefix = Self.prefix

    /// Renames the file with its write-ahead log and index; returns its new name.
    func setAside(_ fileName: String) throws(AgentError) -> String {
        let files = FileManager.default
        var time = Date.now
        // Never a name that was taken: the order of the names is the order in which the caches were set aside.
        while let newest = damaged().last, name(at: time) <= newest { time += 0.001 }
        let name = name(at: time)
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
        for name in damaged().dropLast(Self.kept) {
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: directory + "/" + name + suffix)
            }
        }
    }

    /// Oldest first.
    private func damaged() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasPrefix(prefix) && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }.sorted()
    }

    /// `cache.damaged-20260131T235959.123Z`, in UTC.
    private func name(at time: Date) -> String {
        let style = Date.ISO8601FormatStyle(
            dateSeparator: .omitted, timeSeparator: .omitted, includingFractionalSeconds: true)
        return prefix + time.formatted(style)
    }
}
