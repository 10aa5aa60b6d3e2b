import Foundation
import Harness
import Synchronization

/// A terminal with a command in it.
final class PseudoTerminal: Sendable {
    private let master: Int32
    /// Held open so that reading doesn't end before the command has begun.
    private let device: Int32
    private let shown = Mutex<[UInt8]>([])
    let process: RunningProcess

    /// - Parameter logs: a path whose `.out` and `.err` lead to the terminal.
    init(_ arguments: [String], environment: [String: String], logs: String) throws {
        // posix_openpt and its kin are macros away from Swift: the same by the kernel's own calls.
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var number: UInt32 = 0
        var unlocked: Int32 = 0
        let (unlock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
        guard master >= 0, ioctl(master, unlock, &unlocked) == 0, ioctl(master, getNumber, &number) == 0 else {
            throw HarnessError("no terminal: \(String(cString: strerror(errno)))")
        }
        let path = "/dev/pts/\(number)"
        device = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        for ending in [".out", ".err"] {
            try FileManager.default.createSymbolicLink(atPath: logs + ending, withDestinationPath: path)
        }
        process = try RunningProcess(
            Pilotlight.binary, arguments,
            environment: Pilotlight.environment(adding: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 }),
            log: logs, input: path)
        let master = master
        Thread { [weak self] in
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = read(master, &buffer, buffer.count)
                guard count > 0, let self else { return }
                self.shown.withLock { $0 += buffer[..<count] }
            }
        }.start()
    }

    deinit {
        close(device)
        close(master)
    }

    /// Everything that came so far, line ends as the terminal made them.
    var text: String { String(decoding: shown.withLock { $0 }, as: UTF8.self) }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
    }

    /// Waits until the screen has shown `words`.
    func shows(_ words: String) async throws { try await shows(words) { $0.contains(words) } }

    /// Waits until the screen has shown what matches.
    func shows(_ words: Regex<Substring>, as what: String) async throws {
        try await shows(what) { $0.contains(words) }
    }

    private func shows(_ what: String, _ isShown: (String) -> Bool) async throws {
        try await eventually("the terminal shows \(what)") { sighting in
            sighting.note(self.text)
            return isShown(self.text)
        }
    }
}
