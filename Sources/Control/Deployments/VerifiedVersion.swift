import Flags
import JSON
import Releases

/// The rule that no user is given a version which isn't known to work where it is deployed, unless whoever asks says that
/// they know better.
enum VerifiedVersion {
    /// - Parameters:
    ///   - unchecked: said by whoever asks.
    ///   - unixSeconds: when.
    static func check(
        _ after: ComponentDefinition, instead before: ComponentDefinition, at unixSeconds: Int64, unchecked: Bool,
        on state: EnvironmentState
    ) throws(Refusal) {
        guard !unchecked, let version = unverified(after, instead: before, at: unixSeconds, on: state).first else {
            return
        }
        throw Refusal(
            .conflict, "Version isn't verified",
            detail: "component \"\(after.name)\": no deployment of version \"\(version)\" is verified: "
                + known(after.name, version, state),
            hint: "`pilotlight deployment record \(after.name) \(version) --verify URL`, or --unchecked "
                + "(\"unchecked\": true) if you know that it works",
            members: ["component": .string(after.name), "version": .string(version)])
    }

    /// A document isn't refused for it: it may be of an environment that is yet to be filled.
    static func warn(
        _ after: ComponentDefinition, instead before: ComponentDefinition?, at unixSeconds: Int64,
        on state: EnvironmentState
    ) -> [(message: String, hint: String)] {
        unverified(after, instead: before, at: unixSeconds, on: state).map { version in
            (
                "gives users version \(version), of which no deployment is verified: "
                    + known(after.name, version, state),
                "`pilotlight deployment record \(after.name) \(version) --verify URL`"
            )
        }
    }

    private static func unverified(
        _ after: ComponentDefinition, instead before: ComponentDefinition?, at unixSeconds: Int64,
        on state: EnvironmentState
    ) -> [String] {
        after.gained(from: before, at: unixSeconds).filter { !state.deployments.isVerified(after.name, $0) }
    }

    /// What there is in place of a verified deployment.
    private static func known(_ component: String, _ version: String, _ state: EnvironmentState) -> String {
        let found = state.deployments.deployments(component, version)
        guard !found.isEmpty else { return "none is recorded" }
        return found.map { deployment in
            let place = deployment.where.isEmpty ? "" : "in \(deployment.where) "
            let detail = deployment.state == .failed ? deployment.check.map { " (\($0.detail))" } ?? "" : ""
            return "\(place)\(deployment.state.rawValue)\(detail) at \(Timestamp.text(milliseconds: deployment.at))"
        }.joined(separator: ", ")
    }
}
