import HashTreeCollections
import Foundation
import JSON
import Replication

/// Documents: read and checked on the calling task, diffed and stored by the committer, all or nothing.
extension OperatorAPI {
    private struct Options {
        var dryRun = false
        var set: String?
        var prune = false
        var confirmPrune = false
        var lenient = false
        var message = ""
        /// Users for whom a dry run tells what would change.
        var users: UserList?
    }

    var apply: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let (sources, options) = try await Self.read(request)
            if let earlier = try await repeated(request) { return Self.answer(earlier) }
            if let set = options.set, set.isEmpty || set.utf8.count > Self.maximumSetName {
                throw Refusal(
                    .malformed, "Not a set's name", detail: "a set's name has 1 to \(Self.maximumSetName) bytes",
                    hint: "name it after the repository or directory that its files are in")
            }
            let documents = ReadDocuments(sources, lenient: options.lenient) { pilot in
                state.committed.entries[EntryKey(.pilot, pilot)] != nil
            }
            let change = ApplyRequest(
                documents, set: options.set, prune: options.prune, confirmPrune: options.confirmPrune)
            // What can't be applied anyway needn't wait for the committer's thread.
            let isPlanOnly = options.dryRun || !documents.problems.isEmpty
            do throws(Refusal) {
                if let users = options.users {
                    return try await radius(change, state, users, request)
                }
                var outcome = try await submit(.apply(change), request, message: options.message, dryRun: isPlanOnly)
                outcome.warnings = documents.placed(outcome.warnings)
                return Self.answer(outcome)
            } catch {
                throw documents.placed(error)
            }
        }
    }

    /// A dry run, with what it would change for these users. What waits for its confirmation counts as done.
    private func radius(
        _ apply: ApplyRequest, _ state: EnvironmentState, _ users: UserList, _ request: APIRequest
    ) async throws(Refusal) -> APIResponse {
        let now = Int64(Moment.now.wall / 1_000)
        let plan = try plan(.apply(apply), request, on: state)
        var confirmed = apply
        confirmed.confirmPrune = true
        let whole = plan.needsConfirmation ? try ChangePlan.make(.apply(confirmed), on: state) : plan
        let radius = try await Self.aside { () throws(Refusal) in
            try BlastRadius(of: whole, on: state, for: users, at: now)
        }
        var outcome = ChangeOutcome(plan, revision: state.committed.revision, published: false)
        outcome.warnings = apply.documents.placed(outcome.warnings)
        return Self.answer(outcome, radius.json)
    }

    private static let maximumSetName = 255

    private static func answer(_ outcome: ChangeOutcome, _ more: JSONObject = [:]) -> APIResponse {
        var members: JSONObject = [
            "diff": .array(outcome.diff.map(\.json)), "warnings": .array(outcome.warnings.map(\.json)),
            "prunable": .array(
                outcome.prunable.map { .object(["kind": .string($0.kind.description), "key": .string($0.name)]) }),
            "needsConfirmation": .bool(outcome.needsConfirmation),
        ]
        for member in more { members[member.key] = member.value }
        return outcome.answer(members)
    }

    // MARK: Reading the request

    private static func read(_ request: APIRequest) async throws(Refusal) -> ([SourceDocument], Options) {
        let bytes = try await request.body(maximum: APIRequest.maximumDocumentsBody)
        switch request.mediaType {
        case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml":
            return (
                [SourceDocument(name: documentName(request), bytes: bytes, format: .yaml)], try queryOptions(request)
            )
        default:
            // Several documents in an envelope, or one as it is. An envelope says so at its top.
            let envelope = JSONReader.read(bytes, maximumBytes: APIRequest.maximumDocumentsBody).value
            if let object = envelope?.objectValue, object["documents"] != nil { return try envelopeOptions(object) }
            return (
                [SourceDocument(name: documentName(request), bytes: bytes, format: .json)], try queryOptions(request)
            )
        }
    }

    private static func documentName(_ request: APIRequest) -> String { request.query("name") ?? "document" }

    private static func queryOptions(_ request: APIRequest) throws(Refusal) -> Options {
        Options(
            dryRun: try request.queryFlag("dry-run"), set: request.query("set"), prune: try request.queryFlag("prune"),
            confirmPrune: try request.queryFlag("confirm-prune"), lenient: try request.queryFlag("lenient"),
            message: request.query("message") ?? "")
    }

    private static let members = [
        "documents", "dryRun", "set", "prune", "confirmPrune", "lenient", "message", "keys",
    ]

    private static func envelopeOptions(_ object: JSONObject) throws(Refusal) -> ([SourceDocument], Options) {
        try object.refuseMembers(besides: members)
        guard let items = object["documents"]?.arrayValue, !items.isEmpty else {
            throw .wrongType("documents", "a list of {\"name\", \"text\"}, one at least")
        }
        var sources: [SourceDocument] = []
        for item in items {
            guard let document = item.objectValue else {
                throw .wrongType("documents", "a list of {\"name\", \"text\"}")
            }
            try document.refuseMembers(besides: ["name", "text", "base64"])
            let name = try document.required("name")
            if let text = try document.string("base64") {
                // For bytes that aren't text: a file that isn't UTF-8 is refused with its place, not by JSON.
                guard let data = Data(base64Encoded: text) else { throw .wrongType("base64", "base64") }
                sources.append(SourceDocument(name: name, bytes: Array(data)))
            } else {
                sources.append(SourceDocument(name: name, bytes: Array(try document.required("text").utf8)))
            }
        }
        let users = try UserList(object["keys"])
        let isDryRun = try object.bool("dryRun")
        guard users == nil || isDryRun else {
            throw Refusal(
                .malformed, "Not a dry run", detail: "\"keys\" asks what a dry run would change for users",
                hint: "give \"dryRun\": true, or leave \"keys\" out")
        }
        return (
            sources,
            Options(
                dryRun: isDryRun, set: try object.string("set"), prune: try object.bool("prune"),
                confirmPrune: try object.bool("confirmPrune"), lenient: try object.bool("lenient"),
                message: try object.string("message") ?? "", users: users)
        )
    }
}
