/// Why an evaluation gave what it gave, spelled as OpenFeature does. SPLIT and STALE exist there too but are never
/// sent: clients choke on them.
package enum Reason: String, Sendable, Hashable, CaseIterable {
    /// The flag has no targeting.
    case `static` = "STATIC"
    /// Targeting gave nothing, or there is no default variant.
    case `default` = "DEFAULT"
    case targetingMatch = "TARGETING_MATCH"
    case disabled = "DISABLED"
    case error = "ERROR"
}
