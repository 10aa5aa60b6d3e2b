import Flags
import JSON
import Releases

/// What recording a deployment, and taking one away, comes to. Agents are told nothing of either.
enum DeploymentPlan {
    /// Of one component, in all places; so many that nobody gets there who retires what is gone.
    static let mostOfComponent = 1_000

    /// In the place of what is recorded of that component, version and place. What that was found to be stays where nothing
    /// says otherwise: the same upstream, and no newer check.
    ///
    /// - Parameter most: how many there may be of its component.
    static func put(
        _ deployment: Deployment, on state: EnvironmentState, most: Int = mostOfComponent
    ) throws(Refusal) -> ChangePlan {
        let earlier = state.deployments.deployment(deployment.component, deployment.version, where: deployment.where)
        var deployment = deployment
        if let earlier {
            if deployment.upstream == nil { deployment.upstream = earlier.upstream }
            if deployment.check == nil, deployment.state == .recorded, earlier.state != .retired,
                deployment.upstream == earlier.upstream
            {
                deployment.state = earlier.state
                deployment.check = earlier.check
            }
        }
        var plan = ChangePlan()
        if earlier == nil {
            let others = state.deployments.deployments(of: deployment.component)
            if others.count >= most {
                guard let oldest = others.filter({ $0.state == .retired }).min(by: { $0.at < $1.at }) else {
                    throw Refusal(
                        .conflict, "Too many deployments",
                        detail: "\(others.count) deployments of \(deployment.component) are recorded; "
                            + "\(most) are the most",
                        hint: "retire those that are gone: pilotlight deployment retire \(deployment.component) VERSION"
                    )
                }
                plan.records.append(.dropDeployment(oldest))
            }
        }
        plan.records.append(.deployment(deployment))
        return plan
    }

    /// What a check found, of what is there now: refused where that is no longer what was asked about.
    ///
    /// - Parameter asked: as it was when the check began.
    static func take(
        _ check: DeploymentCheck, of asked: Deployment, on state: EnvironmentState, _ circumstances: Circumstances
    ) throws(Refusal) -> ChangePlan {
        let found = state.deployments.deployment(asked.component, asked.version, where: asked.where)
        guard var deployment = found else {
            throw .overtaken("Taken away meanwhile", asked, check, "is no longer recorded", hint: "record it again")
        }
        if deployment.state == .retired, asked.state != .retired {
            throw .overtaken(
                "Retired meanwhile", asked, check, "was retired",
                hint: "where it is there all the same, record it again")
        }
        guard deployment.upstream == asked.upstream else {
            let names = [asked.upstream, deployment.upstream].map { $0.map { "upstream \($0)" } ?? "no upstream" }
            throw .overtaken(
                "Recorded anew meanwhile", asked, check, "was recorded with \(names[1]) in place of \(names[0])",
                hint: "check that: pilotlight deployment verify \(asked.component) \(asked.version) --url URL")
        }
        deployment.take(check, by: circumstances.actor, message: circumstances.message)
        return ChangePlan(records: [.deployment(deployment)])
    }

    /// Warns where users are given it, and it is nowhere now.
    ///
    /// - Parameter place: nil for every one.
    static func retire(
        _ component: String, _ version: String, in place: String?, on state: EnvironmentState,
        _ circumstances: Circumstances
    ) throws(Refusal) -> ChangePlan {
        var plan = ChangePlan()
        for deployment in try found(component, version, in: place, state) where deployment.state != .retired {
            var retired = deployment
            retired.retire(at: circumstances.time.wall, by: circumstances.actor, message: circumstances.message)
            plan.records.append(.deployment(retired))
        }
        let others = state.deployments.deployments(component, version).filter { deployment in
            deployment.state != .retired && place.map { !deployment.where.isExactly($0) } ?? false
        }
        let given = ComponentStatus.given(component, state, circumstances.time.wallSeconds)
        if others.isEmpty, given.contains(ExactString(version)) {
            plan.warn(
                of: ComponentKey.flagKey(of: component),
                "users are given version \"\(version)\", and no deployment of it stands any more",
                hint: "give them another: pilotlight status shows who gets it")
        }
        return plan
    }

    /// - Parameter place: nil for every one.
    static func found(
        _ component: String, _ version: String, in place: String?, _ state: EnvironmentState
    ) throws(Refusal) -> [Deployment] {
        let all = state.deployments.deployments(component, version)
        let found = all.filter { place == nil || $0.where.isExactly(place ?? "") }
        guard found.isEmpty else { return found }
        let title = Deployment(component: component, version: version, where: place ?? "", at: 0, by: "").title
        let known = state.deployments.deployments(of: component).map(\.version)
        let places = all.map { $0.where.isEmpty ? "without a place" : "in \($0.where)" }
        throw Refusal(
            .unknown, "No such deployment", detail: "no deployment of \(title) is recorded in \(state.name)",
            hint: places.isEmpty
                ? NearestName.hint(
                    for: version, among: known,
                    fallback: "`pilotlight deployment list` shows them; record it with "
                        + "`pilotlight deployment record \(component) \(version)`")
                : "it is recorded " + places.joined(separator: ", "))
    }
}

extension Refusal {
    /// A check that came too late.
    fileprivate static func overtaken(
        _ title: String, _ asked: Deployment, _ check: DeploymentCheck, _ what: String, hint: String
    ) -> Refusal {
        Refusal(
            .conflict, title,
            detail: "\(asked.title) \(what) while its check was under way: what that found isn't kept "
                + "(\(check.passed ? "passed" : "failed"): \(check.detail))", hint: hint)
    }
}
