/// How one version is to stand to another, as flagd's `sem_ver` spells it.
package enum VersionRelation: String, Sendable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case sameMajor = "^"
    case sameMinor = "~"

    func holds(_ a: SemanticVersion, _ b: SemanticVersion) -> Bool {
        switch self {
        case .equal: a.order(b) == 0
        case .notEqual: a.order(b) != 0
        case .less: a.order(b) < 0
        case .lessOrEqual: a.order(b) <= 0
        case .greater: a.order(b) > 0
        case .greaterOrEqual: a.order(b) >= 0
        case .sameMajor: a.order(b, parts: 1) == 0
        case .sameMinor: a.order(b, parts: 2) == 0
        }
    }
}
