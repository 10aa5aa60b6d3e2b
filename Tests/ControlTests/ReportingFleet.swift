import Foundation
import Replication
import Synchronization
import ZeroMQ

@testable import Control

/// Agents that do nothing but report, over one real socket: what each says is set by a test, sent at once and then often
/// enough to be live.
final class ReportingFleet: Sendable {
    private struct Content {
        var reports: [String: Report] = [:]
        var unsent: [String] = []
        var isStopped = false
    }

    private let content = Mutex(Content())
    private let ended = Signal<Void>()

    private static let reportEvery: TimeInterval = 1

    init(_ ports: ControlPorts) {
        let thread = Thread { [self] in
            try? run(ports.sync)
            ended.send(())
        }
        thread.start()
    }

    private func run(_ port: Int) throws {
        let dealer = try ZMQSocket(.dealer, in: try ZMQContext(), options: [.linger(0)])
        try dealer.connect("tcp://127.0.0.1:\(port)")
        var next = Date()
        while true {
            let isTime = Date() >= next
            if isTime { next = Date(timeIntervalSinceNow: Self.reportEvery) }
            let (due, isStopped) = content.withLock { content -> ([Report], Bool) in
                let names = isTime ? Array(content.reports.keys) : content.unsent
                content.unsent = []
                return (names.compactMap { content.reports[$0] }, content.isStopped)
            }
            if isStopped { return }
            for report in due {
                _ = try dealer.send([SyncRequest(environment: "production", .report(report)).encoded()])
            }
            // Nothing is read: what control answers is of no interest here.
            while case .message = try dealer.receive() {}
            Thread.sleep(forTimeInterval: 0.005)
        }
    }

    /// From now on, agent `name` says this of the service that it stands beside.
    func report(
        _ name: String, _ version: String, service: String = "checkout", health: ServiceHealth = .passing,
        skew: Int64? = 0
    ) {
        content.withLock { content in
            content.reports[name] = Report(
                agent: "id-\(name)", name: name, boot: 1, service: service, serviceVersion: version, health: health,
                skew: skew)
            content.unsent.append(name)
        }
    }

    func stop() async {
        content.withLock { $0.isStopped = true }
        await ended.wait()
    }
}
