import Flags
import HashTreeCollections
import JSON
import Releases

extension EnvironmentState {
    /// What is stored of an environment besides its entries, read back. Says what can't be read, by kind and name.
    mutating func take(_ stored: ControlRecord) -> String? {
        let json = JSONReader.read(stored.bytes ?? [], maximumBytes: Int.max).value ?? .null
        switch stored.kind {
        case .release:
            guard let release = Release(stored: json) else { return "the release \"\(stored.name)\" can't be read" }
            follow(.release(release))
        case .deployment:
            guard let deployment = Deployment(stored: json) else {
                return "the deployment \(stored.name) can't be read"
            }
            follow(.deployment(deployment))
        case .freeze:
            guard let window = FreezeWindow(stored: json) else {
                return "the freeze window \"\(stored.name)\" can't be read"
            }
            follow(.freeze(window))
        }
        return nil
    }

    mutating func follow(_ change: RecordChange) {
        switch change {
        case .release(let release):
            disown(release.plan.name)
            releases[release.plan.name] = release
            guard release.state.isActive else { return }
            for subject in release.plan.changes { owners[ExactString(subject.flag)] = release.plan.name }
        case .dropRelease(let release):
            disown(release.plan.name)
            releases[release.plan.name] = nil
        case .deployment(let deployment): deployments.put(deployment)
        case .dropDeployment(let deployment):
            deployments.remove(deployment.component, deployment.version, where: deployment.where)
        case .freeze(let window): freezes.put(window)
        case .dropFreeze(let name): freezes.remove(name)
        }
    }

    private mutating func disown(_ release: String) {
        for subject in releases[release]?.plan.changes ?? [] where owners[ExactString(subject.flag)] == release {
            owners.removeValue(forKey: ExactString(subject.flag))
        }
    }

    /// The release that owns a flag or a component now.
    func owner(of flagKey: String) -> Release? { owners[ExactString(flagKey)].flatMap { releases[$0] } }
}
