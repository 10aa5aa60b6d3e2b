import Replication
import Synchronization

/// The registry between the hub's thread, which hears, and the operator API, which shows and forgets.
package final class SharedRegistry: Sendable {
    private let registry: Mutex<Registry>

    package init(_ registry: Registry) { self.registry = Mutex(registry) }

    func change<Value: Sendable>(_ body: (inout sending Registry) -> sending Value) -> Value {
        registry.withLock { body(&$0) }
    }

    package func fleet(of environment: String, now: Moment = .now) -> [Registry.Entry] {
        registry.withLock { $0.fleet(of: environment, now: now) }
    }

    /// Moves when gates may look different: see `Registry.generation`.
    package var generation: UInt64 { registry.withLock { $0.generation } }

    /// The agents as gates and openings look at them.
    package func observe(_ environment: String, now: Moment = .now) -> FleetObservation {
        FleetObservation(fleet(of: environment, now: now))
    }

    /// Every revision that an environment's agents have named.
    func heard(in environment: String) -> [Revision] {
        fleet(of: environment).compactMap(\.record.revision)
    }
}
