import Flags
import HashTreeCollections
import JSON
import Replication

/// What was, and the way back to it.
extension OperatorAPI {
    var listHistory: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let page = try PageRequest(request)
            let before = try page.number()
            let filter = try Self.filter(request)
            let (entries, oldest) = try await read { store in
                // One more than asked for tells whether there is a next page.
                let entries = try await store.page(
                    of: state.id, filter, before: before ?? .max, limit: page.limit + 1)
                return (entries, try await store.oldest(in: state.id) ?? 0)
            }
            if let key = request.query("key"), entries.isEmpty, before == nil {
                try Self.checkExists(key, filter, state)
            }
            let shown = entries.prefix(page.limit)
            let last = shown.count < entries.count ? shown.last?.revision.number : nil
            return .json(
                .object([
                    "history": .array(shown.map { $0.json(definitions: false) }),
                    "next": last.map { .string("\($0)") } ?? .null, "oldest": .integer(Int64(clamping: oldest)),
                    "revision": state.committed.revision.json,
                ]))
        }
    }

    /// The kind that is asked for; with a key all that have keys, without one nothing means everything.
    private static func filter(_ request: APIRequest) throws(Refusal) -> HistoryFilter {
        let key = request.query("key")
        // The key that a component is decided under is no name.
        guard key.map({ ComponentKey.isComponent($0) }) != true else {
            throw Refusal(
                .unknown, "Nothing of that name", detail: "no name begins with a control character",
                hint: "without a key, `pilotlight history` shows everything")
        }
        guard let text = request.query("kind") else {
            return key.map { HistoryFilter(name: $0) } ?? .everything
        }
        guard let kind = HistoryFilter.Kind(rawValue: text) else {
            let kinds = HistoryFilter.Kind.allCases.map(\.rawValue)
            throw Refusal(
                .malformed, "Malformed query", detail: "kind=\(text) is no kind of entry",
                hint: NearestName.hint(for: text, among: kinds, fallback: kinds.joined(separator: ", ")))
        }
        return HistoryFilter(kinds: [kind], name: key)
    }

    /// What is there may have no history that is still kept; what isn't there was mistyped.
    private static func checkExists(
        _ key: String, _ filter: HistoryFilter, _ state: EnvironmentState
    ) throws(Refusal) {
        // A flag that was never killed is there all the same.
        let entries = filter.entries.map { [.kill, .floor].contains($0.kind) ? EntryKey(deciding: $0.name) : $0 }
        guard !entries.contains(where: { state.committed.entries[$0] != nil }) else { return }
        throw .untouched(key, Set(entries.map(\.kind)), state)
    }

    var showHistory: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let number = try RevisionNumber.read(try request.path("revision"), of: "the path's end")
            guard let entry = try await read({ try await $0.entry(of: state.id, number) }) else {
                throw try await absent(number, state)
            }
            return .json(entry.json(definitions: true))
        }
    }

    var rollback: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let body = try await request.object(allowed: ["revision", "pilots", "dryRun", "message"])
            if let earlier = try await repeated(request) { return Self.published(earlier) }
            guard let number = try body.whole("revision") else {
                throw Refusal(
                    .malformed, "Missing member", detail: "the body has no \"revision\"",
                    hint: "give the number whose flags are to come back")
            }
            guard let content = try await read({ _ in try await past.state(at: number, from: state) }) else {
                throw try await absent(number, state)
            }
            let kind = ChangeRequest.Kind.rollback(
                RollbackRequest(number: number, content: content, pilots: try body.bool("pilots")))
            let message = try body.string("message") ?? "roll back to revision \(number)"
            return Self.published(
                try await submit(kind, request, message: message, dryRun: try body.bool("dryRun")))
        }
    }

    /// Why there is no revision of this number: it is yet to come, it is no longer kept, or it was skipped by an epoch.
    func absent(_ number: UInt64, _ state: EnvironmentState) async throws(Refusal) -> Refusal {
        let oldest = try await read { try await $0.oldest(in: state.id) ?? 0 }
        let head = state.committed.revision.number
        if number < oldest {
            return .noLongerKept("\(number)", oldest: oldest, state)
        }
        return Refusal(
            .unknown, "No such revision",
            detail: number > head
                ? "\(state.name) is at revision \(head); there is no \(number) yet"
                : "\(state.name) has no revision \(number): a new epoch began above it",
            hint: "`pilotlight history --environment \(state.name)` shows them")
    }
}

extension Refusal {
    static func noLongerKept(_ asked: String, oldest: UInt64, _ state: EnvironmentState) -> Refusal {
        Refusal(
            .gone, "Revision is no longer kept",
            detail: "the history of \(state.name) goes back to revision \(oldest); \(asked) is older",
            hint: "--history-keep of the control node says how much is kept; backups may have it",
            members: ["oldest": .integer(Int64(clamping: oldest))])
    }

    fileprivate static func untouched(_ key: String, _ kinds: Set<EntryKind>, _ state: EnvironmentState) -> Refusal {
        let names = state.committed.entries.keys.filter { kinds.contains($0.kind) }.map(\.name)
        return Refusal(
            .unknown, "Nothing of that name",
            detail: "nothing in the history of \(state.name) has touched \"\(key)\"",
            hint: NearestName.hint(
                for: key, among: names, fallback: "without a key, `pilotlight history` shows everything"))
    }
}
