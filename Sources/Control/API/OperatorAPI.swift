import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOPosix
import Replication

/// What operators and pipelines ask of a control node, over HTTP and JSON. Handlers read and validate on the calling
/// task; whatever changes something goes through the committer.
struct OperatorAPI: Sendable {
    let published: PublishedEnvironments
    let store: StoreReader
    let past: PastStates
    let dataDirectory: String
    let committer: Committer
    let registry: SharedRegistry
    let probe: DeploymentProbe
    let webhook: WebhookView
    let statistics: HubStatistics
    let clock: ReleaseClock
    let logger: Logger

    typealias Handler = @Sendable (APIRequest) async throws(Refusal) -> APIResponse

    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: ProblemMiddleware(logger: logger))
        let environment = "/v1/environments/:environment"
        add(router, "/healthz", [.get: health])
        add(router, "/metrics", [.get: metrics])
        add(router, "/v1/environments", [.get: listEnvironments, .post: createEnvironment])
        add(router, environment, [.get: showEnvironment])
        add(router, environment + "/new-epoch", [.get: previewEpoch, .post: beginEpoch])
        add(router, environment + "/apply", [.post: apply])
        add(router, environment + "/export", [.get: export])
        add(router, environment + "/diff", [.get: diff])
        add(router, environment + "/promote", [.post: promote])
        add(router, environment + "/history", [.get: listHistory])
        add(router, environment + "/history/:revision", [.get: showHistory])
        add(router, environment + "/rollback", [.post: rollback])
        add(router, environment + "/watch", [.get: watch])
        add(router, environment + "/flags", [.get: listFlags])
        add(router, environment + "/flags/:flag", [.get: showFlag, .patch: editFlag, .delete: delete(.flag)])
        add(router, environment + "/flags/:flag/ramp", [.post: ramp(.flag)])
        add(router, environment + "/flags/:flag/kill", [.post: kill(.flag)])
        add(router, environment + "/flags/:flag/unkill", [.post: unkill(.flag)])
        add(router, environment + "/flags/:flag/explain", [.post: explain(.flag)])
        add(router, environment + "/flags/:flag/who", [.post: who(.flag)])
        let component = environment + "/components/:component"
        add(router, environment + "/components", [.get: listComponents, .post: createComponent])
        add(router, component, [.get: showComponent, .patch: editComponent, .delete: delete(.component)])
        add(router, component + "/versions/:version", [.put: putVersion, .delete: retireVersion])
        add(router, component + "/ramp", [.post: ramp(.component)])
        add(router, component + "/kill", [.post: kill(.component)])
        add(router, component + "/unkill", [.post: unkill(.component)])
        add(router, component + "/explain", [.post: explain(.component)])
        add(router, component + "/who", [.post: who(.component)])
        add(router, environment + "/pilots", [.get: listPilots, .post: createPilot])
        add(router, environment + "/pilots/:pilot", [.get: showPilot, .patch: editPilot, .delete: deletePilot])
        add(router, environment + "/pilots/:pilot/members", [.post: changeMembers])
        let release = environment + "/releases/:release"
        add(router, environment + "/releases", [.get: listReleases, .post: createRelease])
        add(router, release, [.get: showRelease, .delete: deleteRelease])
        add(router, release + "/start", [.post: startRelease])
        add(router, release + "/advance", [.post: advanceRelease])
        add(router, release + "/hold", [.post: holdRelease])
        add(router, release + "/resume", [.post: resumeRelease])
        add(router, release + "/launch", [.post: launchRelease])
        add(router, release + "/rollback", [.post: rollBackRelease])
        add(router, release + "/cancel", [.post: cancelRelease])
        add(router, release + "/notes", [.get: showNotes])
        let deployment = environment + "/deployments/:component/:version"
        add(router, environment + "/deployments", [.get: listDeployments, .post: recordDeployment])
        add(router, deployment, [.delete: retireDeployment])
        add(router, deployment + "/verify", [.post: verifyDeployment])
        add(router, environment + "/freezes", [.get: listFreezes])
        add(router, environment + "/freezes/:freeze", [.put: putFreeze, .delete: removeFreeze])
        add(router, environment + "/calendar", [.get: showCalendar])
        add(router, environment + "/status", [.get: showStatus])
        add(router, environment + "/feed.atom", [.get: atomFeed])
        add(router, environment + "/feed.json", [.get: jsonFeed])
        add(router, environment + "/fleet", [.get: showFleet])
        add(router, environment + "/fleet/:agent", [.delete: forgetAgent])
        add(router, "/v1/backup", [.get: backup])
        add(router, "/v1/openapi.json", [.get: describe])
        return router
    }

    private static let methods =
        [HTTPRequest.Method.get, .head, .post, .put, .patch, .delete, .options, .trace]
        + [HTTPRequest.Method("QUERY")].compactMap { $0 }

    /// Adds a path with its methods. Every other method is told which there are.
    private func add(
        _ router: Router<BasicRequestContext>, _ path: String, _ handlers: [HTTPRequest.Method: Handler]
    ) {
        let allowed = handlers.keys.map(\.rawValue).sorted().joined(separator: ", ")
        for method in Self.methods {
            guard let handler = handlers[method] else {
                router.on(RouterPath(path), method: method) { request, _ in
                    let refusal = Refusal(
                        .methodNotAllowed, "Method not allowed", detail: "\(request.uri.path) doesn't take \(method)",
                        hint: "it takes \(allowed)")
                    var response = APIResponse.problem(refusal).response
                    response.headers[.allow] = allowed
                    return response
                }
                continue
            }
            router.on(RouterPath(path), method: method) { request, context in
                try await handler(APIRequest(request, context)).response
            }
        }
    }

    // MARK: Used by all

    func environment(_ request: APIRequest) throws(Refusal) -> EnvironmentState {
        try published.find(try request.path("environment"))
    }

    /// Has a change done, in the name of whoever asks. A dry run is planned and checked all the same, on what is on disk.
    ///
    /// - Parameter isPart: the request isn't answered with it: another change follows, that bears its key.
    func submit(
        _ kind: ChangeRequest.Kind, _ request: APIRequest, message: String? = nil, dryRun: Bool = false,
        isPart: Bool = false
    ) async throws(Refusal) -> ChangeOutcome {
        let precondition = try request.precondition()
        let message = try Self.checked(message)
        guard !dryRun else {
            let state = try environment(request)
            return ChangeOutcome(
                try plan(kind, request, on: state), revision: state.committed.revision, published: false)
        }
        let outcome = try await committer.submit(
            ChangeRequest(
                environment: try request.path("environment"), actor: request.actor, message: message,
                precondition: precondition, idempotency: isPart ? nil : request.idempotency, kind))
        return outcome.isRepeated ? await recalled(outcome, request) : outcome
    }

    /// What a change comes to as things are.
    func plan(
        _ kind: ChangeRequest.Kind, _ request: APIRequest, on state: EnvironmentState
    ) throws(Refusal) -> ChangePlan {
        try request.precondition().check(kind.entry, on: state)
        return try ChangePlan.make(kind, on: state)
    }

    /// Does what takes long on a thread that nobody else waits for.
    static func aside<Value: Sendable>(
        _ work: @escaping @Sendable () throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        do {
            return try await NIOThreadPool.singleton.runIfActive(work)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(.busy, "Stopping", detail: "the control node is stopping", hint: "try again")
        }
    }

    private static let longestMessage = 4_096

    /// Why a change is made, as the history will keep it.
    static func checked(_ message: String?) throws(Refusal) -> String {
        let message = message ?? ""
        guard message.utf8.count <= longestMessage else {
            throw Refusal(
                .malformed, "Message too long",
                detail: "the message has \(message.utf8.count) bytes; \(longestMessage) are the most",
                hint: "say why in a sentence, and where to read more")
        }
        return message
    }

    /// The answer to a request that was answered before under its key; nil for every other, refused where the key was
    /// another's. For those that must not be judged by how things are now, before the committer gets to see them.
    func repeated(_ request: APIRequest) async throws(Refusal) -> ChangeOutcome? {
        guard let sent = request.idempotency else { return nil }
        let id = try environment(request).id
        let now = Moment.now.wall
        guard let earlier = try await read({ try await $0.answered(id, key: sent.key, now: now) }) else { return nil }
        guard earlier.fingerprint == sent.fingerprint else { throw .usedTwice(sent) }
        return await recalled(ChangeOutcome(earlier), request)
    }

    /// With what it did then, as the history has it; without where that is no longer kept.
    private func recalled(_ outcome: ChangeOutcome, _ request: APIRequest) async -> ChangeOutcome {
        guard outcome.published, let id = try? environment(request).id else { return outcome }
        let entry = try? await store.entry(of: id, outcome.revision.number)
        var outcome = outcome
        outcome.diff = entry?.diff ?? []
        outcome.changedMembers = entry?.changedMembers ?? 0
        return outcome
    }

    /// Reads the store; what is wrong with that is the server's fault.
    func read<Value: Sendable>(
        _ body: (StoreReader) async throws -> Value
    ) async throws(Refusal) -> Value {
        do {
            return try await body(store)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            logger.error("the store can't be read", metadata: ["error": "\(error)"])
            throw Refusal(.failed, "Store can't be read", detail: "\(error)", hint: "see to the control node's disk")
        }
    }

    private var describe: Handler {
        { _ in .json(OpenAPIDocument.json) }
    }

    private var health: Handler {
        { _ in .json(["status": "pass"]) }
    }
}
