import Foundation
import Glibc
import Harness
import Testing

@testable import Agent

@Suite struct IdentityTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func theIdStaysAndTheBootChanges() throws {
        let first: AgentIdentity
        do {
            let held = try AgentDirectory(path: directory.path("data/deep"))
            first = try AgentIdentity.load(from: held, name: "edge-1", service: "")
        }
        let held = try AgentDirectory(path: directory.path("data/deep"))
        let second = try AgentIdentity.load(from: held, name: "edge-1", service: "")
        #expect(first.id.utf8.count == 32)
        #expect(first.id == second.id)
        #expect(first.boot != second.boot)
        #expect(first.name == "edge-1")
    }

    @Test(arguments: ["", "short", "ABCDEF0123456789ABCDEF0123456789", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"])
    func anIdThatIsNoneIsDrawnAnew(text: String) throws {
        let held = try AgentDirectory(path: directory.path)
        _ = try directory.write("agent-id", text)
        let identity = try AgentIdentity.load(from: held, name: nil, service: "checkout")
        #expect(identity.id != text && identity.id.utf8.count == 32)
        #expect(identity.name.hasSuffix("-checkout"))
        #expect(try AgentIdentity.load(from: held, name: nil, service: "").id == identity.id)
    }

    @Test func twoAgentsOnOneDirectoryAreRefused() throws {
        do {
            let held = try AgentDirectory(path: directory.path)
            let error = #expect(throws: AgentError.self) { _ = try AgentDirectory(path: directory.path) }
            #expect(error == .directoryInUse(path: directory.path, pid: getpid()))
            #expect("\(try #require(error))".contains("in use by another agent (pid \(getpid()))"))
            #expect(held.path == directory.path)
        }
        _ = try AgentDirectory(path: directory.path)
    }

    @Test func aDirectoryThatCannotBeMadeIsNamed() throws {
        let file = try directory.write("file", "x")
        let error = #expect(throws: AgentError.self) { _ = try AgentDirectory(path: file + "/data") }
        #expect("\(try #require(error))".contains(file + "/data"))
    }
}
