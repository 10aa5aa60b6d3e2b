import HTTPTypes
import Hummingbird
import Logging

/// Whatever goes wrong, the answer is a problem document: unknown paths and the server's own errors too.
struct ProblemMiddleware: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as Refusal {
            return APIResponse.problem(refusal).response
        } catch let error as HTTPError where error.status == .notFound {
            return APIResponse.problem(
                Refusal(
                    .unknown, "No such resource", detail: "\(request.method) \(request.uri.path) leads nowhere",
                    hint: "resources begin with /v1/environments; /healthz and /metrics are there too")
            ).response
        } catch let error as HTTPError {
            return APIResponse.problem(
                Refusal(
                    Refusal.Kind(rawValue: error.status.code) ?? .malformed, error.status.reasonPhrase,
                    detail: error.body ?? "the request was not understood", hint: "see the operator API's reference")
            ).response
        } catch {
            logger.error("a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            return APIResponse.problem(
                Refusal(.failed, "Failed", detail: "\(error)", hint: "the control node's log says more")
            ).response
        }
    }
}
