import Flags
import JSON
import Releases

/// What taking away a freeze window comes to.
enum FreezePlan {
    static func remove(_ name: String, on state: EnvironmentState) throws(Refusal) -> ChangePlan {
        guard state.freezes.window(name) != nil else {
            throw Refusal(
                .unknown, "No such freeze window", detail: "there is no freeze window \"\(name)\" in \(state.name)",
                hint: NearestName.hint(
                    for: name, among: state.freezes.windows.map(\.name),
                    fallback: "`pilotlight freeze list` shows them all"))
        }
        return ChangePlan(records: [.dropFreeze(name)])
    }
}
