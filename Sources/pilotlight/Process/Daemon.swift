import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs services until SIGTERM or SIGINT, or until one of them ends; then all shut down in the reverse of their order.
enum Daemon {
    static func run(_ services: [any Service], logger: Logger) async throws {
        // A peer that went away shows as an error of the write, not as the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // The group's own lines tell of every step: ours say what an operator needs.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { service in
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet))
        try await group.run()
    }
}
