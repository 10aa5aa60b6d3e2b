import Flags
import Synchronization

/// Counts of one event loop. Only that loop writes, so that a plain load and store make an increment; any thread may
/// read, for a scrape, and sums over the loops.
final class LoopCounters: Sendable {
    enum Gauge: Int, CaseIterable {
        case undecidedConnections, httpConnections, binaryConnections, watchers
    }

    enum Count: Int, CaseIterable {
        case acceptedConnections, refusedConnections, httpRequests, allFlagsLookups, changesPushed
    }

    private static let errorCodes = ErrorCode.allCases.count
    private static let outcomes = Reason.allCases.count + errorCodes
    private static let countsStart = outcomes * LookupSource.allCases.count
    private static let gaugesStart = countsStart + Count.allCases.count

    private let cells = InlineArray<64, Atomic<Int>> { _ in Atomic(0) }

    init() {
        precondition(Self.gaugesStart + Gauge.allCases.count <= 64)
    }

    func count(_ evaluation: Evaluation, from source: LookupSource) {
        add(1, to: Self.cell(source, evaluation.reason, evaluation.errorCode))
    }

    func count(_ count: Count) { add(1, to: Self.countsStart + count.rawValue) }

    func change(_ gauge: Gauge, by amount: Int) { add(amount, to: Self.gaugesStart + gauge.rawValue) }

    func lookups(_ source: LookupSource, _ reason: Reason, _ code: ErrorCode?) -> Int {
        cells[Self.cell(source, reason, code)].load(ordering: .relaxed)
    }

    func value(_ count: Count) -> Int { cells[Self.countsStart + count.rawValue].load(ordering: .relaxed) }

    func value(_ gauge: Gauge) -> Int { cells[Self.gaugesStart + gauge.rawValue].load(ordering: .relaxed) }

    private func add(_ amount: Int, to cell: Int) {
        cells[cell].store(cells[cell].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    private static func cell(_ source: LookupSource, _ reason: Reason, _ code: ErrorCode?) -> Int {
        let outcome = code.map { Reason.allCases.count + index($0) } ?? index(reason)
        return source.rawValue * outcomes + outcome
    }

    private static func index(_ reason: Reason) -> Int {
        switch reason {
        case .static: 0
        case .default: 1
        case .targetingMatch: 2
        case .disabled: 3
        case .error: 4
        }
    }

    private static func index(_ code: ErrorCode) -> Int {
        switch code {
        case .flagNotFound: 0
        case .parseError: 1
        case .typeMismatch: 2
        case .general: 3
        case .targetingKeyMissing: 4
        case .invalidContext: 5
        case .providerNotReady: 6
        case .providerFatal: 7
        }
    }
}
