import Foundation
import JSON
import Synchronization

/// Writers that publish changes through a control node's crashes: each change is asked for until it is acknowledged.
package final class WriterLoad: Sendable {
    /// A change that control said is stored.
    package struct Acknowledged: Sendable, Hashable {
        package var key: String
        package var number: Int64
        package var epoch: String
        /// False when a request whose answer was lost turned out to have been stored: its number isn't known.
        package var isNumbered: Bool
    }

    private struct State {
        var next = 0
        var acknowledged: [Acknowledged] = []
        var failures = 0
        var refusals: [String] = []
        var isStopped = false
        var pause = Int.max
    }

    private let control: ControlProcess
    private let writers: Int
    private let changes: Int
    private let description: String
    private let keys: @Sendable (Int) -> String
    private let state = Mutex(State())

    /// - Parameters:
    ///   - changes: how many are made in all; without a number, until `stop`.
    ///   - bytes: size of each change's description.
    ///   - keys: the flag that change number N puts; a flag of its own for each by default.
    package init(
        on control: ControlProcess, writers: Int = 8, changes: Int = .max, bytes: Int = 20,
        keys: @escaping @Sendable (Int) -> String = { "flag-\($0)" }
    ) {
        self.control = control
        self.writers = writers
        self.changes = changes
        self.keys = keys
        description = String(repeating: "x", count: bytes)
    }

    package var acknowledged: [Acknowledged] { state.withLock { $0.acknowledged } }
    package var acknowledgedCount: Int { state.withLock { $0.acknowledged.count } }
    /// Requests that ended without an answer.
    package var failures: Int { state.withLock { $0.failures } }
    /// Requests that were answered by something else than success; there should be none.
    package var refusals: [String] { state.withLock { $0.refusals } }

    package func stop() { state.withLock { $0.isStopped = true } }

    /// No change of that number or a later one is begun until more are allowed.
    package func pause(at number: Int) { state.withLock { $0.pause = number } }

    /// Returns when every writer is done.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<writers { group.addTask { try await onThread { try self.write() } } }
            try await group.waitForAll()
        }
    }

    private func write() throws {
        let connection = HTTPConnection(.tcp(control.apiPort), timeout: .seconds(60))
        while let index = take() {
            let key = keys(index)
            let body = Array(
                """
                {"flags": {"\(key)": {"state": "ENABLED", "variants": {"on": \(index), "off": -1}, \
                "defaultVariant": "on", "description": "\(description)"}}}
                """.utf8)
            while !state.withLock({ $0.isStopped }) {
                do {
                    let answer = try connection.request("POST", "/v1/environments/production/apply", body: body)
                    guard answer.status == 200 else {
                        // A stopping node says 503: asked again later.
                        if answer.status != 503 {
                            state.withLock { $0.refusals.append("\(answer.status) \(answer.text)") }
                            return
                        }
                        throw HarnessError("busy")
                    }
                    let json = answer.json
                    let acknowledged = Acknowledged(
                        key: key, number: json["revision"]?["number"]?.integerValue ?? -1,
                        epoch: json["revision"]?["epoch"]?["id"]?.stringValue ?? "",
                        isNumbered: json["published"]?.boolValue ?? false)
                    state.withLock { $0.acknowledged.append(acknowledged) }
                    break
                } catch {
                    state.withLock { $0.failures += 1 }
                    usleep(5_000)
                }
            }
        }
    }

    private func take() -> Int? {
        while true {
            let (next, isOver) = state.withLock { state -> (Int?, Bool) in
                guard !state.isStopped, state.next < changes else { return (nil, true) }
                guard state.next < state.pause else { return (nil, false) }
                defer { state.next += 1 }
                return (state.next, false)
            }
            if next != nil || isOver { return next }
            usleep(1_000)
        }
    }
}
