import Flags
import JSON
import Replication

/// Which revisions of a history are asked for: all, or those that touched entries of some kinds or of one name. What has a
/// name, of no kind in particular, is touched by the releases that change it, too.
package struct HistoryFilter: Sendable, Hashable {
    /// What a history tells apart; the kills, or the floors, of flags and of components are entries of one kind.
    package enum Kind: String, Sendable, CaseIterable {
        case flag
        case component
        case pilot
        case kill
        case componentKill = "component-kill"
        case release
        case floor
        case componentFloor = "component-floor"

        var entry: EntryKind {
            switch self {
            case .flag: .flag
            case .component: .component
            case .pilot: .pilot
            case .kill, .componentKill: .kill
            case .release: .release
            case .floor, .componentFloor: .floor
            }
        }

        /// Where entries of flags and of components share a kind: is it a component's? Nil for other kinds.
        var isOfComponents: Bool? {
            switch self {
            case .kill, .floor: false
            case .componentKill, .componentFloor: true
            case .flag, .component, .pilot, .release: nil
            }
        }
    }

    /// Empty for what has no kind either: a new epoch, say.
    private let kinds: [Kind]
    private let name: String?

    package static let everything = HistoryFilter(kinds: [])

    /// - Parameter name: as people call it.
    package init(kinds: [Kind] = Kind.allCases, name: String? = nil) {
        self.kinds = kinds
        self.name = name
    }

    /// The entries of that name; empty without one.
    package var entries: [EntryKey] {
        guard let name else { return [] }
        return kinds.map { EntryKey($0.entry, $0.isOfComponents == true ? ComponentKey.flagKey(of: name) : name) }
    }

    /// Releases of other names may count.
    private var asksReleases: Bool { name != nil && kinds.count == Kind.allCases.count }

    /// What the entry of a release that changes it has in it, as stored: the name in quotes. Others may have it too.
    var mentioned: [UInt8]? { asksReleases ? name.map { JSONValue.string($0).canonicalBytes() } : nil }

    /// - Parameter release: as its entry is stored.
    /// - Returns: whether it changes the flag or the component of that name.
    func isChanged(by release: [UInt8]) -> Bool {
        guard asksReleases, let name else { return false }
        let component = ComponentKey.flagKey(of: name)
        let changes = StoredFlag.json(release)["changes"]?.arrayValue ?? []
        return changes.compactMap { FlagVariant($0)?.flag }.contains { $0.isExactly(name) || $0.isExactly(component) }
    }

    /// Of the rows of `touched`, in SQL; `arguments` are its values.
    var condition: String {
        guard name == nil else {
            // No entry but a component's kill or floor has such a name: this asks for none too many.
            let kinds = Set(entries.map(\.kind)).sorted().map { "\($0.rawValue)" }.joined(separator: ", ")
            return "kind IN (\(kinds)) AND name IN (\(arguments.map { _ in "?" }.joined(separator: ", ")))"
        }
        return kinds.map { kind in
            let condition = "kind = \(kind.entry.rawValue)"
            return switch kind.isOfComponents {
            case false?: "(\(condition) AND name NOT BETWEEN ? AND ?)"
            case true?: "(\(condition) AND name BETWEEN ? AND ?)"
            case nil: condition
            }
        }.joined(separator: " OR ")
    }

    var arguments: [String] {
        guard name == nil else { return Set(entries.map { ExactString($0.name) }).sorted().map(\.text) }
        // Keys of flags begin beyond the mark of components.
        return kinds.flatMap { $0.isOfComponents != nil ? [ComponentKey.flagKey(of: ""), "\u{2}"] : [] }
    }
}
