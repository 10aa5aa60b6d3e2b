import ArgumentParser
import JSON

/// Sends members in requests of bounded size, so that a group of any size can be changed. Each request is one change of
/// its own: after a failure those before it stand.
struct MemberChange: ParsableArguments {
    static let largestChunk = 5_000
    static let largestChunkBytes = 512 << 10

    @OptionGroup var arguments: MemberArguments
    @OptionGroup var environment: EnvironmentOption
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connection: ConnectionOptions

    /// - Parameter verb: `add` or `remove`.
    func send(_ verb: String, to control: OperatorClient) async throws -> JSONValue {
        let members = try arguments.all()
        let chunks = KeyFile.chunks(
            of: members, largest: Self.largestChunk, largestBytes: Self.largestChunkBytes)
        let all = CountText.of(members.count, "member")
        return try await ProgressLine.during("sending \(all)") { progress in
            try await send(chunks, verb, to: control) { progress.say("sending \(all): \($0) done") }
        }
    }

    private func send(
        _ chunks: [[String]], _ verb: String, to control: OperatorClient, done: (Int) -> Void
    ) async throws -> JSONValue {
        let terms = change.terms
        var total: Int64 = 0
        var sent = 0
        var published = false
        var last = JSONValue.null
        for (index, chunk) in chunks.enumerated() {
            do {
                last = try await control.change(
                    .post, "environments", environment.name, "pilots", arguments.name, "members",
                    body: [verb: .array(chunk.map { .string($0) })],
                    terms: chunks.count == 1
                        ? terms : terms.part(index, after: last["revision"]?["number"]?.integerValue))
            } catch  where published && (error is ProblemDetails || error is CommandRefusal) {
                let revision = RevisionText.full(last["revision"])
                throw CommandRefusal(
                    "\(error)\nearlier parts of the list are published: \(total) members up to \(revision)",
                    hint: "mend what is wrong and repeat the command: members that are done already change nothing")
            }
            total += last["changed"]?.integerValue ?? 0
            published = published || last["published"]?.boolValue == true
            sent += chunk.count
            done(sent)
        }
        return .object([
            "revision": last["revision"] ?? .null, "published": .bool(published), "changed": .integer(total),
        ])
    }

    func text(_ done: String, _ answer: JSONValue) -> String {
        let count = CountText.of(answer["changed"]?.integerValue ?? 0, "member")
        return "\(arguments.name): \(count) \(done)\n\(RevisionText.outcome(answer))"
    }
}
