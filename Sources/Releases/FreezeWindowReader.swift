import Flags
import JSON

/// Reads a freeze window and reports everything wrong with it.
struct FreezeWindowReader {
    private(set) var problems: [Problem] = []

    mutating func read(_ name: String, _ json: JSONValue, at pointer: JSONPointer) -> FreezeWindow? {
        if let fault = FreezeWindow.fault(inName: name) { refuse(pointer, fault, "rename it, e.g. \"weekend\"") }
        guard case .object(let object) = json else {
            refuse(pointer, "the freeze window is \(json.kindText)", "it is an object with \"from\" and \"until\"")
            return nil
        }
        for member in object where !FreezeWindow.memberNames.contains(where: { $0.isExactly(member.key) }) {
            refuse(
                pointer.appending(member.key), "a freeze window has no member \"\(member.key)\"",
                NearestName.hint(for: member.key, among: FreezeWindow.memberNames, fallback: ""))
        }
        let reason = readReason(object.value("reason"), at: pointer.appending("reason"))
        let clock = readClock(object.value("timeZone"), at: pointer.appending("timeZone"))
        let isWeekly = readWeekly(object.value("weekly"), at: pointer.appending("weekly"))
        guard let span = isWeekly ? weekly(object, at: pointer) : once(object, at: pointer), let clock else {
            return nil
        }
        let window = FreezeWindow(name: name, reason: reason, span: span, clock: clock)
        if !isWeekly, !window.occurrences(from: .min / 2, until: .max / 2).contains(where: { $0.from < $0.until }) {
            refuse(
                pointer.appending("until"), "the freeze window ends before it begins, or as it does",
                "give a later \"until\"")
        }
        if case .weekly(let from, let until) = span, from == until {
            refuse(
                pointer.appending("until"), "the freeze window ends when it begins anew: it would never end",
                "give another \"until\"; to stop every release, freeze until a day that you name")
        }
        return problems.isEmpty ? window : nil
    }

    private mutating func refuse(_ pointer: JSONPointer, _ message: String, _ hint: String? = nil) {
        problems.append(Problem(pointer: pointer, message: message, hint: hint))
    }

    private mutating func readReason(_ json: JSONValue?, at pointer: JSONPointer) -> String? {
        guard let json else { return nil }
        let reason = json.stringValue
        if reason.map({ $0.isEmpty || $0.utf8.count > FreezeWindow.longestReasonBytes }) ?? true {
            refuse(
                pointer, "the reason is \(reason == nil ? json.kindText : "empty or too long")",
                "it is a text of 1 to \(FreezeWindow.longestReasonBytes) bytes; leave it out for none")
        }
        return reason
    }

    private mutating func readWeekly(_ json: JSONValue?, at pointer: JSONPointer) -> Bool {
        guard let json else { return false }
        if json.boolValue == nil { refuse(pointer, "\"weekly\" is \(json.kindText)", "it is true or false") }
        return json.boolValue ?? false
    }

    private mutating func readClock(_ json: JSONValue?, at pointer: JSONPointer) -> LocalClock? {
        let name = json.map { $0.stringValue ?? "" } ?? "UTC"
        if let clock = LocalClock(timeZone: name) { return clock }
        let nearest = NearestName.of(name, among: LocalClock.knownTimeZones)
        refuse(
            pointer, "the time zone \(json?.compactText() ?? name) isn't known",
            nearest.map { "did you mean \"\($0)\"?" } ?? "name one as in \"Europe/Berlin\"; left out, it is UTC")
        return nil
    }

    // MARK: From when until when

    private mutating func weekly(_ object: JSONObject, at pointer: JSONPointer) -> FreezeWindow.Span? {
        let hint = "every week: as in \"fri 16:00\""
        func other(_ text: String) -> String? {
            FreezeWindow.Edge(text) == nil ? nil : "for one time only, leave \"weekly\" out"
        }
        let from = edge(object, "from", hint, unless: other, at: pointer) { WeeklyTime($0) }
        let until = edge(object, "until", hint, unless: other, at: pointer) { WeeklyTime($0) }
        guard let from, let until else { return nil }
        return .weekly(from: from, until: until)
    }

    private mutating func once(_ object: JSONObject, at pointer: JSONPointer) -> FreezeWindow.Span? {
        let hint = "as in \"2026-12-24 16:00\" or \"2026-12-24T16:00:00Z\""
        func other(_ text: String) -> String? {
            WeeklyTime(text) == nil ? nil : "for every week, say so: \"weekly\": true"
        }
        let from = edge(object, "from", hint, unless: other, at: pointer) { FreezeWindow.Edge($0) }
        let until = edge(object, "until", hint, unless: other, at: pointer) { FreezeWindow.Edge($0) }
        guard let from, let until else { return nil }
        return .once(from: from, until: until)
    }

    /// - Parameter other: what to say to a text that the other kind of window would take.
    private mutating func edge<Edge>(
        _ object: JSONObject, _ member: String, _ hint: String, unless other: (String) -> String?,
        at pointer: JSONPointer, _ read: (String) -> Edge?
    ) -> Edge? {
        guard let json = object.value(member) else {
            refuse(pointer, "the freeze window has no \"\(member)\"", hint)
            return nil
        }
        if let edge = json.stringValue.flatMap(read) { return edge }
        let more = json.stringValue.flatMap(other).map { "; " + $0 } ?? ""
        refuse(pointer.appending(member), "\"\(member)\" is \(json.compactText())", hint + more)
        return nil
    }
}
