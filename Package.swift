// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let collections = Target.Dependency.product(name: "HashTreeCollections", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A target of ours: language mode 6, every warning an error.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "pilotlight",
    products: [
        .executable(name: "pilotlight", targets: ["pilotlight"]),
        .library(name: "PilotlightClient", targets: ["PilotlightClient"]),
        .executable(name: "simulate", targets: ["simulate"]),
        // Preloaded into a control node by a test: see Tests/PowerLoss.
        .library(name: "PowerLoss", type: .dynamic, targets: ["PowerLoss"]),
        // Preloaded into a control node by a test: see Tests/StoreKill.
        .library(name: "StoreKill", type: .dynamic, targets: ["StoreKill"]),
        // Preloaded into agents by a test: see Tests/ClockOffset.
        .library(name: "ClockOffset", type: .dynamic, targets: ["ClockOffset"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        room("JSON"),
        room("Flags", ["JSON", collections]),
        room("Releases", ["Flags", "JSON", collections]),
        room("Replication", ["Flags", "JSON", collections, crypto]),
        room("LookupProtocol"),
        room("PilotlightClient", ["JSON", "LookupProtocol", nioCore, nioPosix]),
        room("Prometheus", [coreMetrics]),
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .target(name: "CLinux"),
        room("ZeroMQ", ["CZeroMQ", "CLinux"]),
        room("Outbound", [httpClient, nioCore, nioHTTP1, nioPosix]),
        room(
            "Control",
            [
                "CLinux", "Flags", "JSON", "Outbound", "Releases", "Replication", "ZeroMQ", collections, crypto, grdb,
                httpTypes, hummingbird, lifecycle, logging, nioCore, nioPosix, yams,
            ],
            resources: [.embedInCode("API/openapi.yaml")]),
        room(
            "Agent",
            [
                "CLinux", "Flags", "JSON", "Outbound", "Replication", "ZeroMQ", collections, crypto, grdb, lifecycle,
                logging,
            ]),
        room(
            "AgentSocket",
            [
                "Agent", "Flags", "JSON", "LookupProtocol", "Prometheus", "Replication", lifecycle, logging, nioCore,
                nioPosix, nioHTTP1,
            ]),
        .executableTarget(
            name: "pilotlight",
            dependencies: [
                "Agent", "AgentSocket", "Control", "Flags", "JSON", "Outbound", "PilotlightClient", "Prometheus",
                "Releases", arguments, coreMetrics, httpClient, lifecycle, logging, nioCore, nioHTTP1, nioPosix,
                unixSignals,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "simulate",
            dependencies: ["Flags", "JSON", "Replication", arguments],
            swiftSettings: strict),
        .target(name: "Figures", path: "Benchmarks/Figures", swiftSettings: strict),
        .executableTarget(
            name: "fleet-benchmark", dependencies: ["Figures", "Harness", "JSON", "LookupProtocol", "ZeroMQ", grdb],
            path: "Benchmarks/Fleet", swiftSettings: strict),
        .executableTarget(
            name: "client-benchmark", dependencies: ["Figures", "Harness", "LookupProtocol", "PilotlightClient"],
            path: "Benchmarks/Client", swiftSettings: strict),
        .executableTarget(
            name: "swift-client-example", dependencies: ["PilotlightClient"],
            path: "Examples/swift-client/Sources", swiftSettings: strict),
        .target(
            name: "Harness", dependencies: ["JSON", "LookupProtocol"],
            path: "Tests/Harness", swiftSettings: strict),
        .target(
            name: "TargetingCases", dependencies: ["Flags", "Harness", "JSON"],
            path: "Tests/TargetingCases", swiftSettings: strict),
        .executableTarget(
            name: "differential-cases", dependencies: ["TargetingCases"],
            path: "Tests/DifferentialCases", swiftSettings: strict),
        .executableTarget(
            name: "evaluation-benchmark", dependencies: ["Allocations", "Figures", "Flags", "JSON", collections],
            path: "Benchmarks/Evaluation", swiftSettings: strict),
        .target(name: "Allocations", path: "Benchmarks/Allocations"),
        .target(name: "PowerLoss", path: "Tests/PowerLoss"),
        .target(name: "StoreKill", path: "Tests/StoreKill"),
        .target(name: "ClockOffset", path: "Tests/ClockOffset"),
        tests("JSONTests", ["Harness", "JSON"]),
        .testTarget(
            name: "FlagsTests", dependencies: ["Flags", "Harness", "JSON", "TargetingCases", collections],
            exclude: ["Fixtures"], swiftSettings: strict),
        tests("ReleasesTests", ["Releases", "Flags", "Harness", "JSON"]),
        tests("ReplicationTests", ["Replication", "Flags", "JSON", collections]),
        tests("LookupProtocolTests", ["LookupProtocol"]),
        tests(
            "PilotlightClientTests",
            ["PilotlightClient", "Harness", "JSON", "LookupProtocol", nioCore, nioPosix]),
        tests("PrometheusTests", ["Prometheus", coreMetrics]),
        tests("OutboundTests", ["Outbound"]),
        tests("ZeroMQTests", ["ZeroMQ"]),
        tests(
            "ControlTests",
            [
                "Control", "Harness", "Flags", "JSON", "Outbound", "Releases", "Replication", "ZeroMQ", collections,
                crypto, grdb, httpClient, lifecycle, logging, nioCore, nioHTTP1, nioPosix,
            ]),
        tests(
            "AgentTests",
            [
                "Agent", "Harness", "Flags", "JSON", "Outbound", "Replication", "ZeroMQ", collections, crypto, grdb,
                lifecycle, logging, nioCore, nioHTTP1, nioPosix,
            ]),
        tests(
            "AgentSocketTests", ["AgentSocket", "Agent", "Harness", "Flags", "JSON", "LookupProtocol", "Replication"]),
        tests("CommandTests", ["pilotlight", "Harness", "JSON", arguments, httpClient, nioCore]),
        .testTarget(
            name: "EndToEndTests", dependencies: ["Harness", "JSON", "LookupProtocol"], exclude: ["Fixtures"],
            swiftSettings: strict),
    ]
)
