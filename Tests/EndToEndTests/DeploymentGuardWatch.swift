import Foundation
import Harness
import LookupProtocol
import Synchronization

/// Looks up one flag from the first moment at which an agent takes a connection, and notes which variants it was ever given.
final class DeploymentGuardWatch: Sendable {
    private struct Seen {
        var variants: Set<String> = []
        var lookups = 0
        var isOver = false
    }

    private let seen = Mutex(Seen())

    init(_ socket: String, flag: String) {
        Thread { [self] in
            while !seen.withLock({ $0.isOver }) {
                do {
                    let connection = try LookupConnection(socket, timeout: .seconds(5))
                    while !seen.withLock({ $0.isOver }) {
                        let answer = try connection.lookup(flag, targetingKey: "ann")
                        seen.withLock { seen in
                            seen.lookups += 1
                            // Not ready, or without that flag, it gives none.
                            if let variant = answer.variant { seen.variants.insert(variant) }
                        }
                        usleep(1_000)
                    }
                } catch {
                    // It doesn't listen yet.
                    usleep(1_000)
                }
            }
        }.start()
    }

    var lookups: Int { seen.withLock { $0.lookups } }

    /// Ends it. Returns what was given.
    func stop() -> Set<String> {
        seen.withLock { seen in
            seen.isOver = true
            return seen.variants
        }
    }
}
