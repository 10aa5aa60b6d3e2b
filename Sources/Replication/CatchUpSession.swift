import Flags
import HashTreeCollections
import JSON

/// One agent's reading of one state, from manifest to the last entry. The state is kept as it was when the session was
/// opened, whatever control publishes meanwhile: an agent never assembles a mixture.
struct CatchUpSession: Sendable {
    let id: UInt64
    let state: ReplicatedState
    var lastUsed: UInt64

    private let keys: [EntryKey]
    private let pilots: [String]
    private var nextKey = 0
    private var nextPilot = 0

    private var wantedKeys: ArraySlice<EntryKey> = []
    private var wantedPilots: ArraySlice<String> = []
    private var openPilot: (name: String, members: TreeSet<ExactString>.Iterator, begun: Bool)?

    init(id: UInt64, state: ReplicatedState, now: UInt64) {
        self.id = id
        self.state = state
        lastUsed = now
        keys = Array(state.entries.keys)
        pilots = Array(state.pilots.keys)
    }

    mutating func nextManifestPage(request: UInt64, maximumBytes: Int) -> SyncReply {
        var lines: [ManifestLine] = []
        var size = 0
        while nextKey < keys.count, size < maximumBytes {
            let key = keys[nextKey]
            if let entry = state.entries[key] { lines.append(.entry(key, entry.term)) }
            size += 42 + key.name.utf8.count
            nextKey += 1
        }
        while nextPilot < pilots.count, size < maximumBytes {
            let name = pilots[nextPilot]
            if let group = state.pilots[name] {
                lines.append(.members(pilot: name, count: UInt64(group.count), sum: group.sum))
            }
            size += 45 + name.utf8.count
            nextPilot += 1
        }
        return .manifest(
            request: request, session: id, state.revision, state.digest, lines,
            last: nextKey == keys.count && nextPilot == pilots.count)
    }

    /// Begins a fetch; what an earlier one has left is dropped.
    mutating func want(_ keys: [EntryKey], _ pilots: [String]) {
        wantedKeys = keys[...]
        wantedPilots = pilots[...]
        openPilot = nil
    }

    mutating func nextEntries(request: UInt64, maximumBytes: Int) -> SyncReply {
        var changes: [EntryChange] = []
        var size = 0
        while size < maximumBytes, let key = wantedKeys.popFirst() {
            guard let bytes = state.bytes(of: key) else { continue }
            changes.append(.put(key, bytes))
            size += 10 + key.name.utf8.count + bytes.count
        }
        while size < maximumBytes, var pilot = openPilot ?? nextWantedPilot() {
            var chunk: [String] = []
            while size < maximumBytes, let member = pilot.members.next() {
                chunk.append(member.text)
                size += 4 + member.text.utf8.count
            }
            changes.append(
                pilot.begun ? .addMembers(pilot: pilot.name, chunk) : .replaceMembers(pilot: pilot.name, chunk))
            pilot.begun = true
            // A full chunk: there may be more. Else the iterator is at its end.
            openPilot = size < maximumBytes ? nil : pilot
            size += 10 + pilot.name.utf8.count
        }
        return .entries(
            request: request, session: id, changes,
            last: wantedKeys.isEmpty && wantedPilots.isEmpty && openPilot == nil)
    }

    private mutating func nextWantedPilot() -> (name: String, members: TreeSet<ExactString>.Iterator, begun: Bool)? {
        while let name = wantedPilots.popFirst() {
            if let group = state.pilots[name] { return (name, group.members.names.makeIterator(), false) }
        }
        return nil
    }
}
