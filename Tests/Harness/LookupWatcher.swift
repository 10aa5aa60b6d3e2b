import Foundation
import LookupProtocol
import Synchronization

/// Looks up without pause, through an agent's crashes, and notes every answer that comes from an older revision of the
/// same epoch, or of an older epoch, than one that was given before.
package final class LookupWatcher: Sendable {
    private struct State {
        var isStopped = false
        var lookups = 0
        var connections = 0
        var newest: StateStamp?
        var violations: [String] = []
    }

    private let socket: String
    private let state = Mutex(State())

    package init(_ socket: String) {
        self.socket = socket
        let thread = Thread { [self] in
            while !state.withLock({ $0.isStopped }) {
                do {
                    let connection = try LookupConnection(socket, timeout: .seconds(2))
                    state.withLock { $0.connections += 1 }
                    while !state.withLock({ $0.isStopped }) { note(try connection.ping()) }
                } catch {
                    // The agent is down, or is just being killed.
                    usleep(300)
                }
            }
        }
        thread.start()
    }

    private func note(_ stamp: StateStamp) {
        state.withLock { state in
            state.lookups += 1
            // An agent that is not ready answers from no revision at all.
            guard stamp.isReady else {
                if let newest = state.newest {
                    state.violations.append("not ready after revision \(newest.number) was answered from")
                }
                return
            }
            if let newest = state.newest {
                let isOlder =
                    (stamp.epochCounter, stamp.number) < (newest.epochCounter, newest.number)
                if isOlder {
                    state.violations.append(
                        "epoch \(stamp.epochCounter) revision \(stamp.number) after epoch \(newest.epochCounter) "
                            + "revision \(newest.number)")
                    return
                }
            }
            state.newest = stamp
        }
    }

    package func stop() { state.withLock { $0.isStopped = true } }

    package var lookups: Int { state.withLock { $0.lookups } }
    package var connections: Int { state.withLock { $0.connections } }
    package var newest: UInt64 { state.withLock { $0.newest?.number ?? 0 } }
    package var violations: [String] { state.withLock { $0.violations } }
}
