import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1

/// Names that a shell offers while one types: asked of the control node that the words typed so far mean. Without an answer
/// within a second, nothing is offered.
enum NameCompletion {
    @Sendable static func flags(_ words: [String], _: Int, _: String) -> [String] {
        names(words, path: "/flags?limit=1000", list: "flags", member: "key")
    }

    @Sendable static func components(_ words: [String], _: Int, _: String) -> [String] {
        names(words, path: "/components?limit=1000", list: "components", member: "name")
    }

    /// What is decided for users.
    @Sendable static func flagsAndComponents(_ words: [String], _ index: Int, _ typed: String) -> [String] {
        flags(words, index, typed) + components(words, index, typed)
    }

    @Sendable static func pilots(_ words: [String], _: Int, _: String) -> [String] {
        names(words, path: "/pilots?limit=1000", list: "pilots", member: "name")
    }

    @Sendable static func releases(_ words: [String], _: Int, _: String) -> [String] {
        names(words, path: "/releases", list: "releases", member: "name")
    }

    @Sendable static func freezes(_ words: [String], _: Int, _: String) -> [String] {
        names(words, path: "/freezes", list: "freezes", member: "name")
    }

    /// What is deployed.
    @Sendable static func deployed(_ words: [String], _: Int, _: String) -> [String] {
        var seen: Set<String> = []
        return names(words, path: "/deployments", list: "deployments", member: "component")
            .filter { seen.insert($0).inserted }
    }

    @Sendable static func environments(_ words: [String], _: Int, _: String) -> [String] {
        names(words, path: nil, list: "environments", member: "name")
    }

    private static func names(_ words: [String], path: String?, list: String, member: String) -> [String] {
        let base = value(of: "control-url", in: words) ?? ConnectionOptions.defaultURL
        let environment = value(of: "environment", in: words) ?? EnvironmentOption.defaultName
        var url = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/v1/environments"
        if let path { url += "/" + PathSegment.encoded(environment) + path }
        let http = HTTPClient(eventLoopGroupProvider: .singleton)
        defer { try? http.syncShutdown() }
        guard let answer = try? http.get(url: url, deadline: .now() + .seconds(1)).wait(), answer.status == .ok,
            let body = answer.body,
            let items = JSONReader.read(Array(body.readableBytesView), purpose: .context).value?[list]?.arrayValue
        else { return [] }
        return items.compactMap { $0[member]?.stringValue }
    }

    /// As it stands on the command line, or in its variable.
    private static func value(of option: String, in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word == "--" + option, index + 1 < words.count { return words[index + 1] }
            if word.hasPrefix("--\(option)=") { return String(word.dropFirst(option.count + 3)) }
        }
        let variable = OptionVariables.prefix + option.uppercased().replacing("-", with: "_")
        return ProcessInfo.processInfo.environment[variable]
    }
}
