/// How often kills met with which trouble; a storm that never brings them together shows nothing.
struct KillTally {
    /// Urgent copies that control let out.
    var sent: UInt64 = 0
    /// Those that an agent showed before their turn; and of these, while no publication came through to it.
    var ahead: UInt64 = 0
    var cutOff: UInt64 = 0
    /// Those that came when their turn was over, and of these, when what they say was no longer so.
    var late: UInt64 = 0
    var overtaken: UInt64 = 0
    /// Those of another history.
    var foreign: UInt64 = 0
    /// Starts of an agent over which a kill ahead of its turn lay.
    var restarts: UInt64 = 0
    /// New epochs and restored backups with killed flags in them.
    var epochs: UInt64 = 0
    var backups: UInt64 = 0

    static func += (sum: inout KillTally, other: KillTally) {
        sum.sent += other.sent
        sum.ahead += other.ahead
        sum.cutOff += other.cutOff
        sum.late += other.late
        sum.overtaken += other.overtaken
        sum.foreign += other.foreign
        sum.restarts += other.restarts
        sum.epochs += other.epochs
        sum.backups += other.backups
    }
}

extension KillTally: CustomStringConvertible {
    var description: String {
        "\(sent) kills sent: shown ahead \(ahead) times, cut off \(cutOff), over \(restarts) restarts; "
            + "late \(late), after an unkill \(overtaken), of another history \(foreign); in \(epochs) new epochs and "
            + "\(backups) restored backups"
    }
}
