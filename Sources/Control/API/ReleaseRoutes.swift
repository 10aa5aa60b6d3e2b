import Flags
import HashTreeCollections
import HTTPTypes
import Hummingbird
import JSON
import Releases
import Replication

/// Releases: planned, started, led through their stages, launched and taken back.
extension OperatorAPI {
    var listReleases: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let wanted = try Self.releaseState(request.query("state"))
            let releases = state.releases.values.filter { wanted == nil || $0.state == wanted }
                .sorted { $0.plan.name.precedesInBytes($1.plan.name) }
            let fleet = registry.observe(state.name)
            let time = clock.now
            return .json(
                .object([
                    "releases": .array(
                        releases.map { ReleaseView(release: $0, state: state, fleet: fleet, time: time).json }),
                    "revision": state.committed.revision.json,
                ]))
        }
    }

    private static func releaseState(_ text: String?) throws(Refusal) -> ReleaseState? {
        guard let text else { return nil }
        guard let state = ReleaseState(rawValue: text) else {
            let states = ReleaseState.allCases.map(\.rawValue)
            throw Refusal(
                .malformed, "Malformed query", detail: "state=\(text) is no state of a release",
                hint: NearestName.hint(for: text, among: states, fallback: states.joined(separator: ", ")))
        }
        return state
    }

    var showRelease: Handler {
        { request throws(Refusal) in
            .json(.object(try shown(try request.path("release"), try environment(request))))
        }
    }

    private func shown(_ name: String, _ state: EnvironmentState) throws(Refusal) -> JSONObject {
        guard let release = state.releases[name] else { throw .unknownRelease(name, in: state) }
        return ReleaseView(
            release: release, state: state, fleet: registry.observe(state.name), time: clock.now
        ).object
    }

    /// What became of a change of a release: the release as it is now.
    private func answer(
        _ name: String, _ outcome: ChangeOutcome, _ request: APIRequest, status: HTTPResponse.Status = .ok,
        warnings: [PlacedProblem]? = nil
    ) throws(Refusal) -> APIResponse {
        var release = try shown(name, try environment(request))
        if let warnings { release["warnings"] = .array(warnings.map(\.json)) }
        var answer = APIResponse.json(.object(release), status: status)
        answer.headers[.revision] = "\(outcome.revision.number)"
        if outcome.isRepeated { answer.headers[.idempotentReplayed] = "true" }
        return answer
    }

    // MARK: Planning

    var createRelease: Handler {
        { request throws(Refusal) in
            let replace = try request.queryFlag("replace")
            let source = SourceDocument(
                name: request.query("name") ?? "release", bytes: try await request.body(),
                format: Self.format(request.mediaType))
            let (plan, warnings) = try Self.plan(source, try environment(request))
            let id = Hexadecimal.text(UInt64.random(in: 1...UInt64.max))
            do throws(Refusal) {
                let outcome = try await submit(
                    .createRelease(plan, id: id, replace: replace), request, message: request.query("message"))
                return try answer(plan.name, outcome, request, status: .created, warnings: warnings + outcome.warnings)
            } catch {
                throw error.placed(in: source)
            }
        }
    }

    private static func format(_ mediaType: String) -> SourceDocument.Format? {
        switch mediaType {
        case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml": .yaml
        case "application/json": .json
        default: nil
        }
    }

    /// Refused, it names what of it isn't there too, as far as it could be read.
    private static func plan(
        _ source: SourceDocument, _ state: EnvironmentState
    ) throws(Refusal) -> (ReleasePlan, [PlacedProblem]) {
        let reader = DocumentReader(source)
        var problems = reader.problems
        if problems.isEmpty, let root = reader.root {
            var (plan, found) = ReleasePlan.read(root)
            if plan == nil { found += ReleaseCheck.problems(ofReadable: root, besides: found, on: state) }
            problems = found.map { PlacedProblem($0, in: source.name, at: reader.position(of: $0.pointer)) }
            if let plan { return (plan, problems) }
        }
        throw Refusal(
            .invalid, "Release refused", detail: "\(Refusal.count(problems.count)); nothing was changed",
            hint: "correct what is listed and create it again", problems: problems)
    }

    var deleteRelease: Handler {
        { request throws(Refusal) in
            let name = try request.path("release")
            let outcome = try await submit(.deleteRelease(name), request, message: request.query("message"))
            return outcome.answer(of: ["deleted": .string(name), "revision": outcome.revision.json])
        }
    }

    // MARK: Leading

    /// - Parameters:
    ///   - members: what the body may have besides the message.
    ///   - event: what the body tells the release.
    func tell(
        _ members: [String], _ event: @escaping @Sendable (JSONObject) throws(Refusal) -> ReleaseEvent
    ) -> Handler {
        { request throws(Refusal) in
            let name = try request.path("release")
            let body = try await request.object(allowed: members + ["message"], mayBeEmpty: true)
            let outcome = try await submit(
                .release(name, try event(body)), request, message: try body.string("message"))
            return try answer(
                name, outcome, request, warnings: outcome.warnings.isEmpty ? nil : outcome.warnings)
        }
    }

    var startRelease: Handler {
        tell(["opens", "now", "despiteFreeze"]) { body throws(Refusal) in
            let opens = try body.string("opens")
            let isNow = try body.bool("now")
            guard opens == nil || !isNow else {
                throw Refusal(
                    .malformed, "One of the two, please", detail: "\"opens\" names a time, and \"now\" says at once",
                    hint: "leave one of them out")
            }
            return .start(
                opens: try opens.map { text throws(Refusal) in try Self.seconds(text) }, now: isNow,
                despiteFreeze: try body.bool("despiteFreeze"))
        }
    }

    private static func seconds(_ text: String) throws(Refusal) -> Int64 {
        guard let seconds = Timestamp.seconds(of: text) else { throw .noTime(text, as: "opens") }
        return seconds
    }

    var advanceRelease: Handler {
        tell(["to", "early", "despiteFreeze"]) { body throws(Refusal) in
            .advance(
                to: try Self.stage(body["to"]), early: try body.bool("early"),
                despiteFreeze: try body.bool("despiteFreeze"))
        }
    }

    private static func stage(_ json: JSONValue?) throws(Refusal) -> String? {
        switch json {
        case nil, .null: return nil
        case .string(let name): return name
        case .integer(let number): return "\(number)"
        // JSON Schema calls 2.0 whole too.
        case .double(let number) where number.magnitude < 0x1p53 && number.rounded() == number:
            return "\(Int64(number))"
        default: throw .wrongType("to", "a stage's name, or its number from 1")
        }
    }

    var holdRelease: Handler { tell([]) { _ in .hold } }

    var resumeRelease: Handler {
        tell(["despiteFreeze"]) { body throws(Refusal) in .resume(despiteFreeze: try body.bool("despiteFreeze")) }
    }

    var launchRelease: Handler {
        tell(["early", "despiteFreeze"]) { body throws(Refusal) in
            .launch(early: try body.bool("early"), despiteFreeze: try body.bool("despiteFreeze"))
        }
    }

    var rollBackRelease: Handler {
        tell(["skipConflicts"]) { body throws(Refusal) in .rollBack(skipConflicts: try body.bool("skipConflicts")) }
    }

    var cancelRelease: Handler { tell([]) { _ in .cancel } }

    // MARK: Telling of it

    var showNotes: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let name = try request.path("release")
            guard let release = state.releases[name] else { throw .unknownRelease(name, in: state) }
            let audience = try Self.audience(request)
            let plan = release.plan
            let announcement = plan.announcement
            return .json(
                .object([
                    "release": .string(name), "audience": .string(audience.rawValue),
                    "title": .string(plan.title ?? name),
                    "text": .string(announcement.text(for: audience) ?? ""),
                    "links": .array(announcement.links.map(\.json)),
                ]))
        }
    }
}

extension Refusal {
    /// With the places of its problems in the document that they were found in.
    fileprivate func placed(in source: SourceDocument) -> Refusal {
        guard !problems.isEmpty else { return self }
        let reader = DocumentReader(source)
        var refusal = self
        refusal.problems = problems.map { problem in
            guard problem.position == nil, let pointer = JSONPointer(problem.pointer) else { return problem }
            var placed = problem
            placed.document = source.name
            placed.position = reader.position(of: pointer)
            return placed
        }
        return refusal
    }
}
