/// One server-sent event.
struct StreamEvent: Hashable {
    var id: String?
    var name: String
    var data: String
}

/// Reads server-sent events (WHATWG HTML, §9.2) out of pieces of any size. An event that a broken connection cut short is
/// never given out.
struct EventStreamParser {
    private var line: [UInt8] = []
    private var endedByReturn = false
    private var id: String?
    /// What to come back with: the last id that was followed by an empty line, with an event or without.
    private(set) var lastID: String?
    private var name = ""
    private var data: [String] = []

    /// The events that `bytes` complete.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [StreamEvent] {
        var events: [StreamEvent] = []
        for byte in bytes {
            // A line ends with a line feed, a carriage return, or both.
            if byte == 0x0A, endedByReturn {
                endedByReturn = false
                continue
            }
            endedByReturn = byte == 0x0D
            guard byte == 0x0A || byte == 0x0D else {
                line.append(byte)
                continue
            }
            if let event = finish(String(decoding: line, as: UTF8.self)) { events.append(event) }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    private mutating func finish(_ line: String) -> StreamEvent? {
        guard !line.isEmpty else {
            defer {
                name = ""
                data = []
            }
            lastID = id
            guard !data.isEmpty else { return nil }
            return StreamEvent(id: id, name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count < 2 ? "" : parts[1].hasPrefix(" ") ? String(parts[1].dropFirst()) : String(parts[1])
        switch parts[0] {
        case "id": id = value
        case "event": name = value
        case "data": data.append(value)
        default: break
        }
        return nil
    }
}
