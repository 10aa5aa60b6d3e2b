import Harness
import LookupProtocol
import Synchronization
import Testing

@testable import PilotlightClient

/// Versions of components.
@Suite struct VersionTests {
    @Test func aComponentIsAskedForByItsMarkedKeyAndToldByItsName() async throws {
        let asked = Mutex<[LookupRequest]>([])
        let agent = try await FakeAgent { frame in
            guard case .lookup(let request) = frame else { return [] }
            asked.withLock { $0.append(request) }
            switch MarkedKey.component(of: request.key) {
            case "checkout"?:
                var bytes: [UInt8] = []
                FlagAnswer(
                    stamp: FakeAgent.stamp, reason: .targetingMatch, value: .string("1.1"), variant: "1.1",
                    metadata: Array(#"{"upstream":"green"}"#.utf8)
                ).write(id: request.id, to: &bytes)
                return bytes
            case "odd"?: return FakeAgent.answer(request.id, .bool(true))
            default:
                var bytes: [UInt8] = []
                FlagAnswer(
                    stamp: FakeAgent.stamp, reason: .error, error: .flagNotFound, errorDetails: "there is no component"
                ).write(id: request.id, to: &bytes)
                return bytes
            }
        }
        let client = FlagClient(FlagClientConfiguration(socketPath: agent.socket, lookupDeadline: .seconds(600)))
        let ann = EvaluationContext(targetingKey: "ann")
        #expect(await client.version(of: "checkout", context: ann) == "1.1")
        let details = await client.versionDetails(of: "checkout", default: "1.0", context: ann)
        #expect(details.key == "checkout" && details.value == "1.1" && details.variant == "1.1")
        #expect(details.reason == .targetingMatch && details.errorCode == nil)
        #expect(details.metadata["upstream"]?.stringValue == "green")
        let requests = asked.withLock { $0 }
        #expect(requests.map(\.key) == ["\u{1}checkout", "\u{1}checkout"])
        #expect(requests.allSatisfy { $0.expected == .string && $0.subject.targetingKey == "ann" })
        #expect(requests.map(\.subject.wantsMetadata) == [false, true])

        #expect(await client.version(of: "nowhere") == nil)
        let missing = await client.versionDetails(of: "nowhere", default: "1.0")
        #expect(missing.key == "nowhere" && missing.value == "1.0" && missing.errorCode == .flagNotFound)
        #expect(await client.version(of: "odd") == nil)
        let odd = await client.versionDetails(of: "odd", default: "1.0")
        #expect(odd.key == "odd" && odd.value == "1.0" && odd.errorCode == .typeMismatch && odd.variant == nil)
        #expect(odd.errorMessage?.contains("component odd") == true, "\(odd)")
        await client.shutdown()
        let after = await client.versionDetails(of: "checkout", default: "1.0")
        #expect(after.key == "checkout" && after.value == "1.0" && after.errorCode == .providerNotReady)
        #expect(await client.version(of: "checkout") == nil)
    }

    @Test func aDeadlineGivesNoVersion() async throws {
        let agent = try await FakeAgent { _ in [] }
        let client = FlagClient(socketPath: agent.socket)
        #expect(await client.version(of: "checkout", within: .milliseconds(20)) == nil)
        let long = await client.versionDetails(of: String(repeating: "x", count: 70_000), default: "1.0")
        #expect(long.value == "1.0" && long.errorCode == .flagNotFound && long.key.utf8.count == 70_000)
        await client.shutdown()
    }

    @Test func changesOfComponentsAreToldApart() throws {
        let both = FlagChange(
            ChangeNotice(stamp: FakeAgent.stamp, changedKeys: [MarkedKey.of(component: "checkout"), "checkout", "a"]))
        #expect(both.flags == .keys(["checkout", "a"]) && both.components == .names(["checkout"]))
        let flag = FlagChange(ChangeNotice(stamp: FakeAgent.stamp, changedKeys: ["checkout"]))
        #expect(flag.concerns("checkout") && !flag.concerns(component: "checkout"))
        let component = FlagChange(
            ChangeNotice(stamp: FakeAgent.stamp, changedKeys: [MarkedKey.of(component: "checkout")]))
        #expect(!component.concerns("checkout") && component.concerns(component: "checkout"))
        #expect(component.flags == .keys([]))
        let everything = FlagChange(ChangeNotice(stamp: FakeAgent.stamp, changedKeys: nil))
        #expect(everything.concerns(component: "any") && everything.concerns("any"))
        #expect(flag.merged(with: component).components == .names(["checkout"]))
        #expect(flag.merged(with: component).flags == .keys(["checkout"]))
        #expect(component.merged(with: everything) == everything && everything.merged(with: component) == everything)
    }

    @Test func flagsAndComponentsAreBoundedTogether() {
        let half = FlagChange.maximumKeys / 2
        let flags = FlagChange(revision: nil, flags: Set((0..<half).map { "flag-\($0)" }))
        let components = FlagChange(revision: nil, flags: [], components: Set((0..<half).map { "part-\($0)" }))
        let merged = flags.merged(with: components)
        #expect(merged.flags != .everything && merged.components != .everything)
        let more = merged.merged(with: FlagChange(revision: nil, flags: [], components: ["another"]))
        #expect(more.flags == .everything && more.components == .everything)
    }
}

extension AgentSuites {
    /// Versions of components from a real agent.
    @Suite struct ServedVersionTests {
        @Test func eachUserGetsAVersionAndChangesNameTheComponent() async throws {
            let served = try await ServedFlags()
            let (client, control) = (served.client, served.cluster.control)
            let (ann, bob) = (EvaluationContext(targetingKey: "ann"), EvaluationContext(targetingKey: "bob"))
            #expect(await client.version(of: "checkout", context: ann) == "2")
            #expect(await client.version(of: "checkout", context: bob) == "1.0")
            #expect(await client.version(of: "checkout") == "1.0")
            #expect(await client.version(of: "on-off", context: ann) == nil, "a flag is no component")
            #expect(await client.stringDetails("checkout", default: "").errorCode == .flagNotFound, "nor the other way")
            let details = await client.versionDetails(of: "checkout", default: "", context: ann)
            #expect(details.value == "2" && details.reason == .targetingMatch && details.metadata.isEmpty)
            #expect(details.revision?.number == 1)
            let other = await client.versionDetails(of: "checkout", default: "", context: bob)
            #expect(other.reason == .default && other.metadata == ["upstream": "blue"])

            var changes = client.changes.makeAsyncIterator()
            let first = try #require(await changes.next())
            #expect(first.components == .everything && first.concerns(component: "any"))
            try control.apply(ServedFlags.document(version: "1.1"))
            let second = try #require(await changes.next())
            #expect(second.components == .names(["checkout"]) && second.flags == .keys([]))
            #expect(await client.version(of: "checkout", context: bob) == "1.1", "asked after the change came")
            #expect(await client.version(of: "checkout", context: ann) == "2")
            try control.apply(ServedFlags.document(onOff: "off", version: "1.0"))
            let third = try #require(await changes.next())
            #expect(third.components == .names(["checkout"]) && third.flags == .keys(["on-off"]))
            await client.shutdown()
        }
    }
}
