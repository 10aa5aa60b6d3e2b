import Flags
import Hummingbird
import JSON
import Outbound
import Releases
import Replication

/// Deployments: what is on machines, as pipelines record it, and as agents report it.
extension OperatorAPI {
    var listDeployments: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let view = DeploymentView(
                of: state, registry.observe(state.name).agents, component: request.query("component"))
            var answer = view.json.objectValue ?? [:]
            answer["revision"] = state.committed.revision.json
            return .json(.object(answer))
        }
    }

    var recordDeployment: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let body = try await request.object(
                allowed: ["component", "version", "upstream", "where", "verify", "message"])
            let message = try Self.checked(try body.string("message"))
            var deployment = Deployment(
                component: try body.required("component"), version: try body.required("version"),
                upstream: try body.string("upstream"), where: try body.string("where") ?? "",
                at: Moment.now.wallMilliseconds, by: request.actor, message: message)
            try Self.check(deployment)
            guard let url = try body.string("verify") else {
                return try answer(
                    deployment, try await submit(.putDeployment(deployment), request, message: message), in: state)
            }
            try Self.check(url: url)
            // Not asked twice for one request.
            if let earlier = try await repeated(request) { return try answer(deployment, earlier, in: state) }
            // There whatever the check finds, and whatever happens while it is under way. The request's key goes with the
            // check: one that broke off is made again.
            _ = try await submit(.putDeployment(deployment), request, message: message, isPart: true)
            if deployment.upstream == nil {
                let recorded = (published[state.name] ?? state).deployments.deployment(
                    deployment.component, deployment.version, where: deployment.where)
                deployment.upstream = recorded?.upstream
            }
            let check = try await probe.check(url)
            let outcome = try await submit(.checkDeployment(deployment, check), request, message: message)
            return try answer(deployment, outcome, in: state)
        }
    }

    var verifyDeployment: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let (component, version) = (try request.path("component"), try request.path("version"))
            let body = try await request.object(
                allowed: ["url", "passed", "detail", "where", "message"], mayBeEmpty: true)
            let message = try Self.checked(try body.string("message"))
            let deployment = try Self.one(component, version, in: try body.string("where"), state)
            if let earlier = try await repeated(request) { return try answer(deployment, earlier, in: state) }
            let check = try await check(of: deployment, body)
            let outcome = try await submit(.checkDeployment(deployment, check), request, message: message)
            return try answer(deployment, outcome, in: state)
        }
    }

    /// By asking the URL that is given, or the one that was asked last; or as whoever asks says.
    private func check(of deployment: Deployment, _ body: JSONObject) async throws(Refusal) -> DeploymentCheck {
        let url = try body.string("url")
        let detail = try body.string("detail")
        if let passed = body["passed"], passed != .null {
            guard url == nil else {
                throw Refusal(
                    .malformed, "One of the two, please", detail: "the body has \"url\" and \"passed\"",
                    hint: "give the URL to be asked, or say how it is")
            }
            let isWell = try body.bool("passed")
            if let detail, detail.utf8.count > Self.longestDetail {
                throw Refusal(
                    .invalid, "Detail too long",
                    detail: "\"detail\" has \(detail.utf8.count) bytes; \(Self.longestDetail) are the most",
                    hint: "say it in a sentence")
            }
            return DeploymentCheck(
                at: Moment.now.wallMilliseconds, passed: isWell,
                detail: detail ?? (isWell ? "said to work" : "said to fail"))
        }
        guard detail == nil else {
            throw Refusal(
                .malformed, "Detail of what?", detail: "\"detail\" goes with \"passed\"", hint: "give \"passed\" too")
        }
        guard let url = url ?? deployment.check?.url else {
            throw Refusal(
                .invalid, "Nothing to ask", detail: "the last check of \(deployment.title) asked no URL",
                hint: "give --url (\"url\"), or --passed or --failed (\"passed\")")
        }
        try Self.check(url: url)
        return try await probe.check(url)
    }

    private static let longestDetail = 1_024

    var retireDeployment: Handler {
        { request throws(Refusal) in
            let state = try environment(request)
            let (component, version) = (try request.path("component"), try request.path("version"))
            let place = request.query("where")
            let kind = ChangeRequest.Kind.retireDeployment(component: component, version: version, where: place)
            let outcome = try await submit(kind, request, message: request.query("message"))
            let after = published[state.name] ?? state
            let found = try DeploymentPlan.found(component, version, in: place, after)
            let view = DeploymentView(of: after, registry.observe(state.name).agents, component: component)
            return outcome.answer(
                of: [
                    "retired": .array(found.map { .object(view.json($0)) }),
                    "warnings": .array(outcome.warnings.map(\.json)),
                    "revision": after.committed.revision.json,
                ])
        }
    }

    /// As it stands now, with who reports it.
    private func answer(
        _ given: Deployment, _ outcome: ChangeOutcome, in state: EnvironmentState
    ) throws(Refusal) -> APIResponse {
        let state = published[state.name] ?? state
        guard let deployment = state.deployments.deployment(given.component, given.version, where: given.where) else {
            throw Refusal(
                .conflict, "Taken away meanwhile", detail: "the deployment is no longer recorded",
                hint: "`pilotlight deployment list` shows them all")
        }
        let view = DeploymentView(of: state, registry.observe(state.name).agents, component: given.component)
        var answer = view.json(deployment)
        answer["revision"] = state.committed.revision.json
        return outcome.answer(of: answer)
    }

    /// The one in a place; without one named, the one that stands.
    private static func one(
        _ component: String, _ version: String, in place: String?, _ state: EnvironmentState
    ) throws(Refusal) -> Deployment {
        let found = try DeploymentPlan.found(component, version, in: place, state)
        let standing = found.filter { $0.state != .retired }
        if let only = standing.first, standing.count == 1 { return only }
        if let only = found.first, found.count == 1 { return only }
        throw Refusal(
            .conflict, "Which place?",
            detail: "\(component) \(version) is recorded in several places: "
                + found.map { $0.where.isEmpty ? "one without a name" : $0.where }.joined(separator: ", "),
            hint: "name it: --where (\"where\"), empty for the one without a name")
    }

    // MARK: What is given

    private static func check(_ deployment: Deployment) throws(Refusal) {
        if let reason = ComponentDefinition.fault(inName: deployment.component) {
            throw Refusal(
                .invalid, "Not a component's name", detail: reason,
                hint: "the name that its agents are started with: --service")
        }
        if let reason = ComponentVersion.fault(inName: deployment.version) {
            throw Refusal(.invalid, "Not a version's name", detail: reason, hint: "as in 1.4.2 or blue")
        }
        if let reason = deployment.upstream.flatMap({ ComponentVersion.fault(inUpstream: $0) }) {
            throw Refusal(.invalid, "Not an upstream", detail: reason, hint: "leave it out for none")
        }
        if let reason = Deployment.fault(inWhere: deployment.where) {
            throw Refusal(.invalid, "Not a place", detail: reason, hint: "such as eu-west, or leave it out")
        }
    }

    private static func check(url: String) throws(Refusal) {
        do throws(HTTPAddress.Problem) {
            _ = try HTTPAddress(url)
        } catch {
            throw Refusal(
                .invalid, "Not a URL to ask", detail: "\(error)", hint: "as in http://10.0.0.7:8080/healthz")
        }
    }
}
