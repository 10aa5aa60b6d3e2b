import Flags
import JSON
import NIOHTTP1

/// `GET /route/COMPONENT` for load balancers: the version that a user gets and where it is found, in headers.
struct RouteEndpoint {
    var loop: LoopState

    func answer(_ query: RouteQuery, _ headers: HTTPHeaders, _ response: inout HTTPResponse) {
        var issued: RouteHeaders.Issued?
        let targetingKey: String?
        switch query.place {
        case .header(let name):
            // The first line of that name counts, and an empty one is none.
            targetingKey = headers.first(name: name).flatMap { $0.isEmpty ? nil : $0 }
        case .cookie(let name, let isSecure):
            if let found = Self.cookie(name, headers) {
                targetingKey = found
            } else {
                let key = IssuedKey.make()
                issued = RouteHeaders.Issued(key: key, cookie: name, isSecure: isSecure)
                targetingKey = key
            }
        }
        let lookup = Lookup(key: query.flagKey, context: EvaluationContext(targetingKey: targetingKey))
        let answer = loop.answer(lookup, from: .route)
        response.stamp = answer.stamp
        let evaluation = answer.evaluation
        if let code = evaluation.errorCode {
            return refuse(code, evaluation.errorDetails ?? "", &response)
        }
        guard let version = evaluation.variant, RouteHeaders.isFit(version) else {
            let name = evaluation.variant.map { "the version \"\($0)\"" } ?? "no version"
            return refuse(.general, "\(name) can't stand in a header: give the component a plain one", &response)
        }
        response.status = .noContent
        response.route = RouteHeaders(version: version, upstream: upstream(evaluation), issued: issued)
    }

    func refuse(_ problem: RouteQuery.Problem, _ response: inout HTTPResponse) {
        response.stamp = loop.refuse(ContextProblem(code: .parseError, details: problem.detail), from: .route).stamp
        response.status = .badRequest
        response.problem(problem.detail, hint: RouteQuery.Problem.hint)
    }

    private func refuse(_ code: ErrorCode, _ details: String, _ response: inout HTTPResponse) {
        response.status = AnswerTable.routeStatus(code)
        let hint: String? =
            switch code {
            case .flagNotFound: "see pilotlight component list"
            case .providerNotReady: "start a control node, or check --control"
            default: nil
            }
        response.problem(details, hint: hint)
    }

    private func upstream(_ evaluation: Evaluation) -> String? {
        guard case .string(let upstream)? = evaluation.metadata["upstream"], RouteHeaders.isFit(upstream) else {
            return nil
        }
        return upstream
    }

    /// The first that isn't empty, in any of the headers.
    private static func cookie(_ name: String, _ headers: HTTPHeaders) -> String? {
        for (header, value) in headers where header.equals(lowercase: "cookie") {
            if let found = CookieReader.value(of: name, in: value) { return found }
        }
        return nil
    }
}
