/// Why a control node can't start, or go on: each says what was wrong, and what to do.
package enum ControlError: Error, Sendable, CustomStringConvertible {
    case directory(path: String, reason: String)
    case directoryInUse(path: String, pid: String?)
    case newerStore(path: String, format: Int, known: Int)
    case olderStore(path: String, format: Int, known: Int)
    case occupied(path: String)
    case foreignStore(path: String)
    case unusableBackup(path: String, reason: String)
    case damagedStore(path: String, detail: String)
    case store(path: String, reason: String)
    case plainTextBinding(host: String)
    case unknownSynchronousLevel(String)
    case unknownLiveTime(String)
    case binding(address: String, reason: String)
    case webhook(reason: String)

    package var description: String {
        switch self {
        case .directory(let path, let reason):
            "data directory \(path): \(reason); give a directory that this user may write with --data"
        case .directoryInUse(let path, let pid):
            "data directory \(path) is in use by another control node"
                + (pid.map { " (process \($0))" } ?? "") + "; stop that one first, or give another --data"
        case .newerStore(let path, let format, let known):
            "store \(path) has format \(format), this program knows formats up to \(known): it was written by a newer "
                + "Pilotlight; run that version, or restore a backup made by this one"
        case .olderStore(let path, let format, let known):
            "store \(path) has format \(format), this program writes format \(known) and can't read that one: "
                + "begin with an empty directory and apply your files to it"
        case .occupied(let path):
            "there is a store already, \(path)"
        case .foreignStore(let path):
            "\(path) is an SQLite file, but not a Pilotlight control store; give another --data"
        case .unusableBackup(let path, let reason):
            "\(path) can't be restored: \(reason); nothing was changed: try an older backup"
        case .damagedStore(let path, let detail):
            "store \(path) is damaged: \(detail); nothing was changed in it: restore a backup "
                + "(the agents keep answering), then `pilotlight environment new-epoch NAME --yes`"
        case .store(let path, let reason):
            "store \(path): \(reason)"
        case .plainTextBinding(let host):
            "\(host) can be reached from other machines and the connections are plain text: bind 127.0.0.1, "
                + "or say --insecure if the network is yours alone"
        case .unknownSynchronousLevel(let text):
            "PILOTLIGHT_TEST_SYNCHRONOUS is \"\(text)\"; a test may set OFF, NORMAL, FULL or EXTRA, nobody else sets it"
        case .unknownLiveTime(let text):
            "PILOTLIGHT_TEST_LIVE_FOR is \"\(text)\"; a test may set 1 to \(Registry.silentFor) milliseconds, nobody else "
                + "sets it"
        case .binding(let address, let reason):
            "can't listen on \(address): \(reason); is another control node running? give other ports"
        case .webhook(let reason):
            "webhook: \(reason); give --webhook URL and --webhook-secret-file FILE"
        }
    }
}
