/// Whom an announcement speaks to.
package enum AnnouncementAudience: String, Sendable, Hashable, CaseIterable {
    case users
    case support
    case staff
}
