import struct Crypto.SHA256
import Foundation
import Glibc
import Replication

/// The newest revision committed to the cache, kept beside it in `cache.mark`.
///
/// SQLite ends its reading of a write-ahead log at the first frame that is damaged, and takes what comes before it for
/// everything: a sound, older state. The mark tells. It bears the machine's boot id, since after a power loss a cache
/// that didn't sync each commit may rightly be older.
final class CacheMark: Sendable {
    struct Reading: Sendable, Hashable {
        var revision: Revision
        /// Was the mark set since this machine started?
        var isOfThisBoot: Bool
    }

    private static let magic = Array("PLMARK1\n".utf8)
    private static let bootLength = 36
    /// Magic, boot id, epoch counter, epoch id, number, SHA-256 over all that.
    private static let length = 8 + bootLength + 24 + 32

    private let descriptor: Int32
    private let boot: [UInt8]

    init(path: String) throws(AgentError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cacheUnusable(path: path, reason: String(cString: strerror(errno))) }
        // Without /proc every start counts as another boot: the mark then never condemns a cache.
        let text =
            (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? UUID().uuidString
        let bytes = Array(text.utf8.prefix(Self.bootLength))
        boot = bytes + [UInt8](repeating: 0, count: Self.bootLength - bytes.count)
    }

    deinit { close(descriptor) }

    /// Nil when there is none, or none that can be trusted.
    func read() -> Reading? {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count, bytes.prefix(8).elementsEqual(Self.magic),
            Array(bytes.suffix(32)) == Self.check(bytes.dropLast(32))
        else { return nil }
        let numbers = (0..<3).map { index in
            bytes.withUnsafeBytes {
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8 + Self.bootLength + 8 * index, as: UInt64.self))
            }
        }
        return Reading(
            revision: Revision(epoch: Epoch(counter: numbers[0], id: numbers[1]), number: numbers[2]),
            isOfThisBoot: bytes[8..<8 + Self.bootLength].elementsEqual(boot))
    }

    /// After each commit, before anything of it is shown. One write in place: a process that dies leaves the old mark or
    /// the new one.
    func write(_ revision: Revision) throws {
        var bytes = Self.magic + boot
        for number in [revision.epoch.counter, revision.epoch.id, revision.number] {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes += Self.check(bytes[...])
        while pwrite(descriptor, bytes, bytes.count, 0) != bytes.count {
            guard errno == EINTR else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        }
    }

    /// Forgets the mark: the cache begins anew.
    func clear() { ftruncate(descriptor, 0) }

    private static func check(_ bytes: ArraySlice<UInt8>) -> [UInt8] { Array(SHA256.hash(data: bytes)) }
}
