import GRDB

/// The store's tables, and the marks by which the file is known as ours.
enum StoreSchema {
    /// `PRAGMA application_id`: "PLCT".
    static let applicationID = 0x504C_4354
    /// `PRAGMA user_version`. A higher one was written by a newer program and is refused.
    static let format = 3

    private static let statements = """
        CREATE TABLE environments (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            bucketing TEXT NOT NULL,
            epoch_counter INTEGER NOT NULL,
            epoch_id INTEGER NOT NULL,      -- the 64 bits of the id, as SQLite's signed integer
            number INTEGER NOT NULL,
            digest TEXT NOT NULL,
            blocked TEXT,                   -- JSON of the divergence; NULL when writes are taken
            created INTEGER NOT NULL        -- milliseconds since 1970, as every time here
        );
        -- One row a revision, never changed afterwards. A row without a delta begins an epoch; number 0 is the
        -- environment's making. Rows may be missing at the old end alone: see HistoryKeep.
        CREATE TABLE log (
            environment INTEGER NOT NULL,
            number INTEGER NOT NULL,
            epoch_counter INTEGER NOT NULL,
            epoch_id INTEGER NOT NULL,
            time INTEGER NOT NULL,
            actor TEXT NOT NULL,
            message TEXT NOT NULL,
            delta BLOB,
            digest TEXT NOT NULL,
            PRIMARY KEY (environment, number)
        ) WITHOUT ROWID;
        -- What each revision touched, as it was before. Without it a delta could neither be shown as a difference nor undone.
        CREATE TABLE touched (
            environment INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            name TEXT NOT NULL,
            number INTEGER NOT NULL,
            before BLOB,                    -- NULL where there was no such entry
            members INTEGER NOT NULL,       -- of a pilot group, before
            dropped BLOB,                   -- JSON: the members of a group that was deleted
            PRIMARY KEY (environment, kind, name, number)
        ) WITHOUT ROWID;
        CREATE INDEX touched_by_number ON touched (environment, number);
        -- Changes that came with an idempotency key.
        CREATE TABLE requests (
            environment INTEGER NOT NULL,
            key TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            epoch_counter INTEGER NOT NULL,
            epoch_id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            published INTEGER NOT NULL,
            time INTEGER NOT NULL,
            PRIMARY KEY (environment, key)
        ) WITHOUT ROWID;
        CREATE INDEX requests_by_time ON requests (time);
        CREATE TABLE entries (
            environment INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            name TEXT NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (environment, kind, name)
        ) WITHOUT ROWID;
        CREATE TABLE members (
            environment INTEGER NOT NULL,
            pilot TEXT NOT NULL,
            member TEXT NOT NULL,
            PRIMARY KEY (environment, pilot, member)
        ) WITHOUT ROWID;
        -- What `apply --set NAME` created: the only things that `--prune` may delete.
        CREATE TABLE sets (
            environment INTEGER NOT NULL,
            name TEXT NOT NULL,
            kind INTEGER NOT NULL,
            key TEXT NOT NULL,
            PRIMARY KEY (environment, name, kind, key)
        ) WITHOUT ROWID;
        CREATE TABLE agents (
            environment TEXT NOT NULL,
            id TEXT NOT NULL,
            record BLOB NOT NULL,           -- JSON
            PRIMARY KEY (environment, id)
        ) WITHOUT ROWID;
        """

    /// What came with format 3.
    private static let releases = """
        -- What control keeps for itself of releases, deployments and freeze windows; agents get none of it.
        CREATE TABLE records (
            environment INTEGER NOT NULL,
            kind TEXT NOT NULL,             -- see ControlRecord.Kind
            name TEXT NOT NULL,
            bytes BLOB NOT NULL,            -- canonical JSON
            PRIMARY KEY (environment, kind, name)
        ) WITHOUT ROWID;
        -- What is told of releases, in the order in which it happened, over all environments.
        CREATE TABLE announcements (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            environment INTEGER NOT NULL,
            id TEXT NOT NULL UNIQUE,
            release TEXT NOT NULL,
            kind TEXT NOT NULL,
            time INTEGER NOT NULL,
            body BLOB NOT NULL              -- JSON, as it is sent
        );
        CREATE INDEX announcements_by_environment ON announcements (environment, sequence);
        -- The calendar's time and that of the clock by which stages last, as both were at the last write: see ReleaseClock.
        CREATE TABLE clock (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            wall INTEGER NOT NULL,
            steady INTEGER NOT NULL
        );
        -- How far who reads announcements has got: the last sequence that was taken.
        CREATE TABLE positions (
            reader TEXT PRIMARY KEY,
            sequence INTEGER NOT NULL
        ) WITHOUT ROWID;
        """

    static func create(_ db: Database) throws {
        try db.execute(sql: statements)
        try db.execute(sql: releases)
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(format)")
    }

    /// The oldest format that `upgrade` makes today's of.
    static let oldestUpgraded = 2

    /// Formats since then only added tables.
    static func upgrade(_ db: Database) throws {
        try db.execute(sql: releases)
        try db.execute(sql: "PRAGMA user_version = \(format)")
    }
}
