import Flags
import HashTreeCollections
import JSON

/// Every deployment of one environment. A value over persistent parts: a copy costs nothing, and putting one costs what its
/// component has, not what the environment has.
package struct Deployments: Sendable, Hashable {
    /// Of each component the older version first, then by place. None is empty.
    private var byComponent: TreeDictionary<ExactString, [Deployment]> = [:]

    package init(_ deployments: some Sequence<Deployment> = []) {
        for deployment in deployments { put(deployment) }
    }

    package var isEmpty: Bool { byComponent.isEmpty }

    /// In place of an earlier one of that component, version and place.
    package mutating func put(_ deployment: Deployment) {
        let component = ExactString(deployment.component)
        let place = Self.place(of: deployment.version, deployment.where, in: byComponent[component] ?? [])
        if place.isTaken {
            byComponent[component, default: []][place.index] = deployment
        } else {
            byComponent[component, default: []].insert(deployment, at: place.index)
        }
    }

    /// Returns what was there.
    @discardableResult
    package mutating func remove(_ component: String, _ version: String, where place: String) -> Deployment? {
        let component = ExactString(component)
        guard var all = byComponent[component] else { return nil }
        let found = Self.place(of: version, place, in: all)
        guard found.isTaken else { return nil }
        let removed = all.remove(at: found.index)
        byComponent[component] = all.isEmpty ? nil : all
        return removed
    }

    package func deployment(_ component: String, _ version: String, where place: String) -> Deployment? {
        guard let all = byComponent[ExactString(component)] else { return nil }
        let found = Self.place(of: version, place, in: all)
        return found.isTaken ? all[found.index] : nil
    }

    /// In one place or several, the first of them first.
    package func deployments(_ component: String, _ version: String) -> [Deployment] {
        guard let all = byComponent[ExactString(component)] else { return [] }
        // No place comes before the empty one.
        let first = Self.place(of: version, "", in: all).index
        return Array(all[first...].prefix { $0.version.isExactly(version) })
    }

    /// Of one component, the older version first, then by place.
    package func deployments(of component: String) -> [Deployment] { byComponent[ExactString(component)] ?? [] }

    /// Of which there are deployments; in no order.
    package var components: some Sequence<ExactString> { byComponent.keys }

    /// In one place at least.
    package func isVerified(_ component: String, _ version: String) -> Bool {
        deployments(component, version).contains { $0.state == .verified }
    }

    /// By component, the older version first, then by place.
    package var sorted: [Deployment] { byComponent.sorted { $0.key < $1.key }.flatMap(\.value) }

    // MARK: The order within a component

    /// Where a version in a place is in `all`, or where it belongs.
    private static func place(
        of version: String, _ place: String, in all: [Deployment]
    ) -> (index: Int, isTaken: Bool) {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if precedes(all[middle].version, all[middle].where, version, place) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let isTaken = low < all.count && all[low].version.isExactly(version) && all[low].where.isExactly(place)
        return (low, isTaken)
    }

    private static func precedes(
        _ version: String, _ place: String, _ otherVersion: String, _ otherPlace: String
    ) -> Bool {
        version.isExactly(otherVersion)
            ? place.precedesInBytes(otherPlace) : ComponentVersion.precedes(version, otherVersion)
    }
}
