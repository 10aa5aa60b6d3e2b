import Replication

extension SimulatedAgent {
    func damageCache() {
        crash()
        if world.chance.happens(0.2) {
            world.note { "\(self.id): the file with its kills is damaged" }
            return cache.damageOverlay()
        }
        if let what = cache.damage(&world.chance) { world.note { "\(self.id): its cache is damaged: \(what)" } }
    }

    /// A write that would have come finds what is damaged.
    func lookAtCache() {
        guard isRunning else { return }
        findDamage()
        whenFree { [unowned self] in askForEverything() }
    }

    /// Found at the next write.
    func damageCacheInUse() {
        guard isRunning, let what = cache.damage(&world.chance) else { return }
        world.note { "\(self.id): its cache is damaged while it runs: \(what)" }
        isCacheBroken = true
    }

    func damageMemory() {
        guard isRunning, replica.state != nil, !replica.replica.isCatchingUp else { return }
        switch world.chance.within(0...3) {
        case 0:
            world.note { "\(self.id): a bit of its digest flips in memory" }
            replica.flipDigestBit()
        case 1:
            world.note { "\(self.id): holds an entry in memory that nobody wrote" }
            replica.damage(.put(EntryKey(.flag, "phantom"), [0]))
        default:
            let key = EntryKey(.flag, world.chance.pick(ChangeSource.flags))
            world.note { "\(self.id): holds another \(key) in memory" }
            replica.damage(.put(key, [UInt8(truncatingIfNeeded: world.chance.bits())]))
        }
        awaitDeadline()
    }
}
