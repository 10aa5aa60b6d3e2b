import Flags
import JSON
import Releases
import Replication

/// What an operator asks of one environment.
package struct ChangeRequest: Sendable {
    package enum Kind: Sendable {
        case apply(ApplyRequest)
        case setDefault(flag: String, variant: String)
        case setState(flag: String, enabled: Bool)
        // Here and in what follows, flags are named by flag keys: of a component, the one that it is decided under.
        case deleteFlag(String)
        case ramp(flag: String, RampRequest)
        /// Serves the named variant to everyone; the off variant, or else the default, where none is named.
        case kill(flag: String, variant: String?)
        case unkill(flag: String)
        /// With one version, everybody's.
        case createComponent(String, version: ComponentVersion)
        case editComponent(String, ComponentEdit)
        /// Adds a version, gives it another upstream, or brings a retired one back.
        case putVersion(component: String, version: ComponentVersion)
        case retireVersion(component: String, version: String)
        /// `terms` has the rule, percentage and exclusions, as documents have them.
        case createPilot(String, terms: JSONObject = [:])
        /// `terms` has what is to be replaced; null takes it out.
        case editPilot(String, terms: JSONObject)
        case deletePilot(String)
        case addMembers(pilot: String, [String])
        case removeMembers(pilot: String, [String])
        case rollback(RollbackRequest)
        case promote(PromoteRequest)
        /// Recorded, or recorded anew: the whole of it.
        case putDeployment(Deployment)
        /// What a check of a deployment found, which is given as it was when it was asked.
        case checkDeployment(Deployment, DeploymentCheck)
        /// At one place, or wherever it is where none is named.
        case retireDeployment(component: String, version: String, where: String?)
        case putFreeze(FreezeWindow)
        case removeFreeze(String)
        /// `id` is drawn by whoever asks. `replace` puts it in the place of a draft.
        case createRelease(ReleasePlan, id: String, replace: Bool)
        case deleteRelease(String)
        case release(String, ReleaseEvent)
        /// What the release of that name does by itself now, which may be nothing.
        case keepRelease(String)

        /// The one entry it is about; nil where it is about the environment.
        var entry: EntryKey? {
            switch self {
            case .setDefault(let flag, _), .setState(let flag, _), .deleteFlag(let flag), .ramp(let flag, _),
                .kill(let flag, _), .unkill(let flag):
                EntryKey(deciding: flag)
            case .editComponent(let name, _), .putVersion(let name, _), .retireVersion(let name, _):
                EntryKey(.component, name)
            case .deletePilot(let pilot), .editPilot(let pilot, _), .addMembers(let pilot, _),
                .removeMembers(let pilot, _):
                EntryKey(.pilot, pilot)
            case .apply, .createPilot, .createComponent, .rollback, .promote, .putDeployment, .checkDeployment,
                .retireDeployment, .putFreeze, .removeFreeze, .createRelease, .deleteRelease, .release,
                .keepRelease:
                nil
            }
        }
    }

    package var environment: String
    /// Who asks, as they say of themselves.
    package var actor: String
    package var message: String
    package var kind: Kind
    package var precondition: Precondition
    package var idempotency: IdempotencyKey?

    package init(
        environment: String, actor: String = "", message: String = "", precondition: Precondition = Precondition(),
        idempotency: IdempotencyKey? = nil, _ kind: Kind
    ) {
        self.environment = environment
        self.actor = actor
        self.message = message
        self.kind = kind
        self.precondition = precondition
        self.idempotency = idempotency
    }
}

/// Documents, read, and how to apply them.
package struct ApplyRequest: Sendable {
    package var documents: ReadDocuments
    /// Remembers what this apply creates under that name.
    package var set: String?
    /// Deletes what the set created earlier and no document names now. Needs `set`, and to be carried out `confirmPrune`.
    package var prune: Bool
    package var confirmPrune: Bool

    package init(_ documents: ReadDocuments, set: String? = nil, prune: Bool = false, confirmPrune: Bool = false) {
        self.documents = documents
        self.set = set
        self.prune = prune
        self.confirmPrune = confirmPrune
    }
}
