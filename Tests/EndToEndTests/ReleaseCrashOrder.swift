import Foundation
import Harness

/// Tells a control node that was started with the library of Tests/StoreKill at which write to its store to die.
final class ReleaseCrashOrder: Sendable {
    /// Where in a write.
    enum Place: Int64, Sendable, CaseIterable {
        /// Nothing of it is there afterwards.
        case before
        /// A part is, which is as good as nothing.
        case within
        /// All of it is; nobody was told.
        case after
    }

    private let path: String
    /// What a control node is to be started with.
    let variables: [String: String]

    /// - Parameter data: the control node's data directory.
    init(of data: String, in directory: TemporaryDirectory) throws {
        let library = Pilotlight.builtFile("libStoreKill.so")
        guard FileManager.default.fileExists(atPath: library) else { throw HarnessError("no \(library)") }
        path = try directory.write("store-kill", [UInt8](repeating: 0, count: 24))
        variables = [
            "LD_PRELOAD": library, "PILOTLIGHT_STORE_KILL_FILE": path,
            "PILOTLIGHT_STORE_KILL_LOG": data + "/control.sqlite-wal",
        ]
    }

    /// How many writes have ended.
    func writes() throws -> Int64 {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)).prefix(8))
        return bytes.enumerated().reduce(0) { $0 | Int64($1.element) << Int64(8 * $1.offset) }
    }

    /// The control node dies at its next `count`-th write, the first is 1.
    func die(atNext count: Int64, _ place: Place) throws {
        try put(place.rawValue, at: 16)
        try put(writes() + count, at: 8)
    }

    func live() throws { try put(0, at: 8) }

    /// In place: the file is mapped.
    private func put(_ number: Int64, at offset: UInt64) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: offset)
        try withUnsafeBytes(of: number.littleEndian) { try file.write(contentsOf: Data($0)) }
    }
}
