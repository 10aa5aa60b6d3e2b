import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Replication
import ServiceLifecycle

/// Every revision as it is published, as server-sent events (WHATWG HTML, §9.2): from the store, in order and each once, so
/// that a watcher who comes back with the last number it has seen misses nothing.
extension OperatorAPI {
    var watch: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let head = state.committed.revision.number
            let start = try Self.start(request)
            let after = start?.number ?? head
            let (oldest, known) = try await read { store in
                (try await store.oldest(in: state.id) ?? 0, try await store.id(of: after, in: state.id))
            }
            guard after + 1 >= oldest else { throw try await absent(after + 1, state) }
            // The watcher has seen another revision under the number, or one where there is none now.
            if let seen = start?.id, seen != known, after >= oldest { throw .otherHistory(after, state) }
            guard after <= head || known != nil else { throw .ahead(after, state) }
            let body = ResponseBody { [self] writer in
                let pulse = Pulse(published.changes(of: state.name), every: Self.pause)
                try await withGracefulShutdownHandler {
                    try await stream(state, after: after, named: known, at: pulse, to: &writer)
                } onGracefulShutdown: {
                    pulse.end()
                }
                try await writer.finish(nil)
            }
            var answer = APIResponse(status: .ok, contentType: "text/event-stream", body: body)
            answer.headers[.cacheControl] = "no-store"
            answer.headers[.revision] = "\(after)"
            return answer
        }
    }

    /// Where to begin: after a number, or after an event, which is told by its id.
    private static func start(_ request: APIRequest) throws(Refusal) -> (number: UInt64, id: String?)? {
        if let text = request.query("after") { return (try RevisionNumber.read(text, of: "after"), nil) }
        guard let text = request.request.headers[.lastEventID] else { return nil }
        let number = try RevisionNumber.read(String(text.prefix { $0 != "-" }), of: "Last-Event-ID")
        return (number, text.contains("-") ? text : nil)
    }

    /// Revisions that are read at once, and how often a watcher hears that nothing has happened.
    private static let portion = 200
    private static let pause = Duration.seconds(5)

    /// Ends when the watcher is gone or the pulse ends.
    private func stream(
        _ state: EnvironmentState, after: UInt64, named id: String?, at pulse: Pulse,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        var last = after
        // An id without data is no event, but what the watcher comes back with if nothing else has come by then.
        let start = id.map { "id: \($0)\n" } ?? ""
        try await writer.write(ByteBuffer(string: ": \(state.name) after revision \(after)\n\(start)\n"))
        for await beat in pulse.beats {
            if beat == .silence { try await writer.write(ByteBuffer(string: ": nothing new\n\n")) }
            while true {
                let entries = try await store.following(last, in: state.id, limit: Self.portion)
                guard let newest = entries.last else { break }
                var text = ByteBuffer()
                for entry in entries {
                    let data = entry.json(definitions: true).compactText()
                    text.writeString("id: \(entry.id)\nevent: \(entry.event.rawValue)\ndata: \(data)\n\n")
                }
                try await writer.write(text)
                last = newest.revision.number
            }
        }
    }
}

/// A stream of changes with a beat in every silence, so that a connection that broke is noticed.
private struct Pulse: Sendable {
    enum Beat: Sendable { case change, silence }

    let beats: AsyncStream<Beat>
    private let continuation: AsyncStream<Beat>.Continuation

    func end() { continuation.finish() }

    /// Begins with one beat of change.
    init(_ changes: AsyncStream<Void>, every pause: Duration) {
        let (beats, continuation) = AsyncStream<Beat>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield(.change)
        let following = Task { for await _ in changes { continuation.yield(.change) } }
        let beating = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: pause)
                continuation.yield(.silence)
            }
        }
        continuation.onTermination = { _ in
            following.cancel()
            beating.cancel()
        }
        self.beats = beats
        self.continuation = continuation
    }
}

extension Refusal {
    fileprivate static func ahead(_ number: UInt64, _ state: EnvironmentState) -> Refusal {
        Refusal(
            .conflict, "Revision is yet to come",
            detail: "\(state.name) is at revision \(state.committed.revision.number); what follows \(number) can't be "
                + "given: was a backup restored?",
            hint: "begin after revision \(state.committed.revision.number), or without a number",
            members: ["revision": state.committed.revision.json])
    }

    fileprivate static func otherHistory(_ number: UInt64, _ state: EnvironmentState) -> Refusal {
        Refusal(
            .conflict, "Another history",
            detail: "revision \(number) of \(state.name) isn't the one that was seen: was a backup restored?",
            hint: "look at what is there now, then watch again without Last-Event-ID",
            members: ["reason": "other-history", "revision": state.committed.revision.json])
    }
}
