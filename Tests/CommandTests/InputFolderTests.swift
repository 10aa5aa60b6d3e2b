import Foundation
import Testing

@testable import pilotlight

@Suite struct InputFolderTests {
    /// A folder of these files, and gone again.
    private func folder(_ files: [String], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for file in files {
            let url = URL(fileURLWithPath: path).appendingPathComponent(file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: url)
        }
        try body(path)
    }

    @Test func aFolderIsItsDocumentsSorted() throws {
        try folder([
            "b.json", "a.yaml", "sub/deep/c.yml", "sub/A.JSON", "Z.json", "notes.md", ".hidden.json", ".git/x.json",
            "json",
        ]) { (path: String) throws in
            #expect(
                try InputFolder.documents([path, "x.json"])
                    == ["Z.json", "a.yaml", "b.json", "sub/A.JSON", "sub/deep/c.yml"].map { path + "/" + $0 }
                    + ["x.json"])
            #expect(try InputFolder.documents([path + "/"]).first == path + "/Z.json")
            #expect(try InputFolder.documents([path + "/sub"]) == [path + "/sub/A.JSON", path + "/sub/deep/c.yml"])
        }
    }

    @Test func anEmptyFolderIsRefused() throws {
        try folder(["notes.md", ".x.json"]) { (path: String) throws in
            let refusal = #expect(throws: CommandRefusal.self) { try InputFolder.documents([path]) }
            #expect(refusal?.reason.contains(path) == true)
        }
    }

    @Test func linksAreFollowedButNotForEver() throws {
        try folder(["..data/a.json"]) { (path: String) throws in
            try FileManager.default.createSymbolicLink(
                atPath: path + "/a.json", withDestinationPath: "..data/a.json")
            #expect(try InputFolder.documents([path]) == [path + "/a.json"])
            try FileManager.default.createSymbolicLink(atPath: path + "/round", withDestinationPath: path)
            let refusal = #expect(throws: CommandRefusal.self) { try InputFolder.documents([path]) }
            #expect(refusal?.hint?.contains("symbolic link") == true)
        }
    }

    @Test func standardInputIsReadOnce() throws {
        #expect(try InputFolder.documents(["-"]) == ["-"])
        #expect(throws: CommandRefusal.self) { try InputFolder.documents(["-", "-"]) }
    }
}
