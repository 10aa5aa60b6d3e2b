import HashTreeCollections
import JSON
import Releases
import Replication

/// What an operator means by "at": a revision of the past.
enum PastMoment: Hashable {
    /// With the epoch's counter where it was given, as in `1/42`.
    case number(UInt64, epoch: UInt64?)
    /// Milliseconds since 1970: the newest revision that was published by then.
    case time(UInt64)

    init(_ value: JSONValue) throws(Refusal) {
        switch value {
        case .integer(let number) where number >= 0: self = .number(UInt64(number), epoch: nil)
        case .string(let text): self = try Self.read(text)
        default: throw Self.refusal(value.compactText())
        }
    }

    private static func read(_ text: String) throws(Refusal) -> PastMoment {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let epoch = UInt64(parts[0]), let number = UInt64(parts[1]) {
            return .number(number, epoch: epoch)
        }
        if let number = UInt64(text) { return .number(number, epoch: nil) }
        if let time = Timestamp.milliseconds(of: text) { return .time(UInt64(time)) }
        throw refusal(text)
    }

    private static func refusal(_ given: String) -> Refusal {
        Refusal(
            .invalid, "Neither revision nor time", detail: "\"at\" is \(given)",
            hint: "give a revision's number (42), with its epoch (1/42), or a time (2026-11-21T09:30:00Z)")
    }
}

extension OperatorAPI {
    /// The state at that moment, and when its revision was published; refused where the history doesn't have it.
    func past(
        _ moment: PastMoment, _ state: EnvironmentState
    ) async throws(Refusal) -> (state: ReplicatedState, published: PublishedRevision) {
        let found: PublishedRevision
        switch moment {
        case .number(let number, let epoch):
            guard let revision = try await read({ try await $0.published(number, in: state.id) }) else {
                throw try await absent(number, state)
            }
            if let epoch, epoch != revision.revision.epoch.counter {
                throw Refusal(
                    .unknown, "No such revision",
                    detail: "revision \(number) of \(state.name) is of epoch \(revision.revision.epoch.counter), "
                        + "not of \(epoch)", hint: "`pilotlight history` shows them")
            }
            found = revision
        case .time(let time):
            let now = Moment.now.wall
            if time > now {
                // Where the clock was set back, what is published is past all the same.
                let newest = try await read { try await $0.published(state.committed.revision.number, in: state.id) }
                guard let newest, time <= newest.time else { throw .yetToCome(time, now: now) }
            }
            guard let revision = try await read({ try await $0.newest(at: time, in: state.id) }) else {
                throw try await before(time, state)
            }
            found = revision
        }
        // What was published meanwhile is no longer ahead of what is on disk.
        let head = published[state.name] ?? state
        let number = found.revision.number
        let past = try await read { _ in try await self.past.state(at: number, from: head) }
        guard let past else { throw try await absent(number, state) }
        return (past, found)
    }

    /// Nothing that is kept was published by then.
    private func before(_ time: UInt64, _ state: EnvironmentState) async throws(Refusal) -> Refusal {
        let oldest = try await read { try await $0.oldest(in: state.id) ?? 0 }
        guard oldest > 0 else {
            return Refusal(
                .unknown, "Before the beginning",
                detail: "\(state.name) wasn't there yet at \(HistoryEntry.text(ofTime: time))",
                hint: "`pilotlight history` shows its revisions with their times")
        }
        return .noLongerKept("what there was at \(HistoryEntry.text(ofTime: time))", oldest: oldest, state)
    }
}

extension Refusal {
    /// Nobody was answered anything then; what a ramp or a release gives later is asked of today's state.
    fileprivate static func yetToCome(_ time: UInt64, now: UInt64) -> Refusal {
        Refusal(
            .invalid, "Yet to come",
            detail: "\"at\" is \(HistoryEntry.text(ofTime: time)), and it is \(HistoryEntry.text(ofTime: now)) now",
            hint: "leave \"at\" out for what stands now; \"time\" (`--time`) asks what that gives at another moment")
    }
}
