/// Why a command did not do what was asked, and what to do about it. Ends the process with exit code 1.
struct CommandRefusal: Error, CustomStringConvertible {
    var reason: String
    var hint: String?

    init(_ reason: String, hint: String? = nil) {
        self.reason = reason
        self.hint = hint
    }

    var description: String {
        guard let hint else { return "pilotlight: \(reason)" }
        return "pilotlight: \(reason)\n  hint: \(hint)"
    }
}
