import CLinux

/// Gives back to the system what many changes leave behind: the names of a large group's members came and went, and the
/// allocator would keep their room.
struct SpareMemory {
    /// Rows of the cache that are written between one look and the next.
    private static let interval = 50_000

    private var rows = 0

    /// Before anything large is read.
    static func limit() { pilotlight_keep_little_memory() }

    mutating func wrote(_ rows: Int) {
        self.rows += rows
        guard self.rows >= Self.interval else { return }
        self.rows = 0
        pilotlight_trim_memory()
    }
}
