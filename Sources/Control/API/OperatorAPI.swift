import HTTPTypes
import Hummingbird
import JSON
import Logging
import Replication

/// What operators and pipelines ask of a control node, over HTTP and JSON. Handlers read and validate on the calling
/// task; whatever changes something goes through the committer.
struct OperatorAPI: Sendable {
    let published: PublishedEnvironments
    let committer: Committer
    let registry: SharedRegistry
    let statistics: HubStatistics
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
        add(router, environment + "/flags", [.get: listFlags])
        add(router, environment + "/flags/:flag", [.get: showFlag, .patch: editFlag, .delete: deleteFlag])
        add(router, environment + "/pilots", [.get: listPilots, .post: createPilot])
        add(router, environment + "/pilots/:pilot", [.get: showPilot, .delete: deletePilot])
        add(router, environment + "/pilots/:pilot/members", [.post: changeMembers])
        add(router, environment + "/fleet", [.get: showFleet])
        add(router, environment + "/fleet/:agent", [.delete: forgetAgent])
        return router
    }

    /// Adds a path with its methods. Every other method is told which there are.
    private func add(
        _ router: Router<BasicRequestContext>, _ path: String, _ handlers: [HTTPRequest.Method: Handler]
    ) {
        let allowed = handlers.keys.map(\.rawValue).sorted().joined(separator: ", ")
        for method in [HTTPRequest.Method.get, .head, .post, .put, .patch, .delete, .options] {
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
                try await handler(APIRequest(request: request, context: context)).response
            }
        }
    }

    // MARK: Used by all

    func environment(_ request: APIRequest) throws(Refusal) -> EnvironmentState {
        try published.find(try request.path("environment"))
    }

    /// Has a change done, in the name of whoever asks.
    func submit(
        _ kind: ChangeRequest.Kind, _ request: APIRequest, message: String? = nil
    ) async throws(Refusal) -> ChangeOutcome {
        try await committer.submit(
            ChangeRequest(
                environment: try request.path("environment"), actor: request.actor, message: message ?? "", kind))
    }

    private var health: Handler {
        { _ in .json(["status": "pass"]) }
    }
}
