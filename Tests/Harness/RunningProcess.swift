import Foundation
import Synchronization

/// How a process ended.
package enum ExitStatus: Sendable, Hashable {
    case exited(Int32)
    case signalled(Int32)
}

/// A child process whose output goes to files. It is always reaped, is killed when this object goes, and dies with the
/// test process even if that crashes.
package final class RunningProcess: Sendable {
    package let pid: pid_t
    package let outputPath: String
    package let errorPath: String
    private let ending = Ending()

    /// Set once, by the thread that reaps.
    private final class Ending: Sendable {
        private let status = Mutex<ExitStatus?>(nil)
        private let condition = NSCondition()

        var value: ExitStatus? { status.withLock { $0 } }

        func set(_ value: ExitStatus) {
            condition.lock()
            status.withLock { $0 = value }
            condition.broadcast()
            condition.unlock()
        }

        func wait(until limit: Date) -> ExitStatus? {
            condition.lock()
            defer { condition.unlock() }
            while value == nil { if !condition.wait(until: limit) { break } }
            return value
        }
    }

    /// - Parameters:
    ///   - environment: the whole of it.
    ///   - log: output is appended to `LOG.out` and `LOG.err`.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String], log: String, input: String? = nil
    ) throws {
        outputPath = log + ".out"
        errorPath = log + ".err"
        // A death signal follows the thread that made the child, so all are made by one thread that never ends.
        let setpriv = "/usr/bin/setpriv"
        let command =
            access(setpriv, X_OK) == 0
            ? [setpriv, "--pdeathsig", "KILL", executable] + arguments : [executable] + arguments
        let (outputPath, errorPath) = (outputPath, errorPath)
        pid = try SpawnThread.shared.run {
            try Self.spawn(
                command, environment: environment, output: outputPath, errors: errorPath, input: input ?? "/dev/null")
        }
        let (pid, ending) = (pid, ending)
        let thread = Thread {
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7F
            ending.set(signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal))
        }
        thread.stackSize = 256 << 10
        thread.start()
    }

    deinit { if ending.value == nil { Foundation.kill(pid, SIGKILL) } }

    private static func spawn(
        _ command: [String], environment: [String: String], output: String, errors: String, input: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else {
            throw HarnessError("can't start \(command.joined(separator: " ")): \(String(cString: strerror(code)))")
        }
        return pid
    }

    // MARK: While it runs

    package var status: ExitStatus? { ending.value }
    package var isRunning: Bool { ending.value == nil }

    package func signal(_ signal: Int32) { if isRunning { Foundation.kill(pid, signal) } }

    /// Freezes it, as a machine under a debugger or out of memory does. Returns once every thread of it stands still.
    package func freeze() {
        signal(SIGSTOP)
        while isRunning, !isFrozen { usleep(1_000) }
    }

    private var isFrozen: Bool {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.allSatisfy { Self.text("/proc/\(pid)/task/\($0)/stat").contains(") T ") }
    }
    package func thaw() { signal(SIGCONT) }

    /// SIGKILL, and waits until it is gone.
    package func kill() {
        signal(SIGKILL)
        _ = ending.wait(until: Date(timeIntervalSinceNow: 120))
    }

    /// Blocks the calling thread.
    package func wait(for limit: Duration) -> ExitStatus? {
        ending.wait(until: Date(timeIntervalSinceNow: Double(limit.components.seconds) * Patience.factor))
    }

    /// Suspends the calling task until the process has ended.
    package func exit(within limit: Duration = .seconds(180)) async throws -> ExitStatus {
        try await onThread { [ending] in
            let seconds = Double(limit.components.seconds) * Patience.factor
            guard let status = ending.wait(until: Date(timeIntervalSinceNow: seconds)) else {
                throw HarnessError("process didn't end within \(limit)")
            }
            return status
        }
    }

    package var output: String { Self.text(outputPath) }
    package var errors: String { Self.text(errorPath) }

    private static func text(_ path: String) -> String {
        (try? Data(contentsOf: URL(fileURLWithPath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    // MARK: What it costs

    /// Resident memory, in bytes.
    package var residentBytes: Int {
        let fields = Self.text("/proc/\(pid)/statm").split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
    }

    /// User and system time, in seconds.
    package var cpuSeconds: Double {
        let text = Self.text("/proc/\(pid)/stat")
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    package var threadCount: Int { Self.entries("/proc/\(pid)/task") }
    package var openFileCount: Int { Self.entries("/proc/\(pid)/fd") }

    private static func entries(_ path: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: path).count) ?? 0
    }
}

/// The thread that makes every child process.
private final class SpawnThread: Sendable {
    static let shared = SpawnThread()

    private let condition = NSCondition()
    private let jobs = Mutex<[@Sendable () -> Void]>([])

    private init() {
        Thread { [self] in
            while true {
                condition.lock()
                while jobs.withLock({ $0.isEmpty }) { condition.wait() }
                let next = jobs.withLock { $0.removeFirst() }
                condition.unlock()
                next()
            }
        }.start()
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let isDone = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Value, any Error>?>(nil)
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let outcome = Outcome<Value>()
        condition.lock()
        jobs.withLock { jobs in
            jobs.append {
                let result = Result { try body() }
                outcome.result.withLock { $0 = result }
                outcome.isDone.signal()
            }
        }
        condition.signal()
        condition.unlock()
        outcome.isDone.wait()
        guard let result = outcome.result.withLock({ $0 }) else { throw HarnessError("the spawning thread is gone") }
        return try result.get()
    }
}
