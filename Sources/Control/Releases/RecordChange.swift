import JSON
import Releases

/// One step of what control keeps besides what agents are told.
enum RecordChange: Sendable {
    case release(Release)
    case dropRelease(Release)
    case deployment(Deployment)
    case dropDeployment(Deployment)
    case freeze(FreezeWindow)
    /// By the window's name.
    case dropFreeze(String)

    /// As the store has it.
    var record: ControlRecord {
        switch self {
        case .release(let release): ControlRecord(.release, release.plan.name, release.json.canonicalBytes())
        case .dropRelease(let release): ControlRecord(.release, release.plan.name, nil)
        case .deployment(let deployment):
            ControlRecord(.deployment, deployment.key, deployment.json.canonicalBytes())
        case .dropDeployment(let deployment): ControlRecord(.deployment, deployment.key, nil)
        case .freeze(let window): ControlRecord(.freeze, window.name, window.json.canonicalBytes())
        case .dropFreeze(let name): ControlRecord(.freeze, name, nil)
        }
    }
}
