import Foundation
import Harness
import JSON
import LookupProtocol

/// A lookup with its context, asked by every protocol there is.
struct Case {
    var flag: String
    var context: JSONValue
    /// As a typed SDK asks: boolean, string, integer, float, object.
    var type: String
}

extension AgentProcess {
    /// By OFREP, one flag.
    func askOFREP(_ wanted: Case) throws -> Outcome {
        let answer = try ofrep(wanted.flag, context: wanted.context)
        return try Self.outcome(answer.json, status: answer.status, flag: wanted.flag)
    }

    /// By OFREP, all flags at once.
    func askBulk(context: JSONValue) throws -> [String: Outcome] {
        let answer = try http("POST", "/ofrep/v1/evaluate/flags", body: .object(["context": context]))
        guard answer.status == 200 else { throw HarnessError("bulk: \(answer.status) \(answer.text)") }
        var outcomes: [String: Outcome] = [:]
        for flag in answer.json["flags"]?.arrayValue ?? [] {
            guard let key = flag["key"]?.stringValue else { throw HarnessError("bulk: an answer without a key") }
            let isError = flag["errorCode"] != nil
            outcomes[key] = try Self.outcome(flag, status: isError ? 400 : 200, flag: key)
        }
        return outcomes
    }

    private static func outcome(_ json: JSONValue, status: Int, flag: String) throws -> Outcome {
        guard json["key"]?.stringValue == flag else { throw HarnessError("\(flag): \(status) \(json.compactText())") }
        if status == 200 {
            return Outcome(
                value: json["value"], variant: json["variant"]?.stringValue, reason: json["reason"]?.stringValue ?? "")
        }
        return Outcome(value: nil, variant: nil, reason: "ERROR", error: json["errorCode"]?.stringValue)
    }
}

extension LookupConnection {
    /// By the binary protocol.
    func ask(_ wanted: Case) throws -> Outcome {
        Self.outcome(try lookup(wanted.flag, context: wanted.context.compactText()))
    }

    static func outcome(_ answer: FlagAnswer) -> Outcome {
        let value: JSONValue? =
            switch answer.value {
            case nil: nil
            case .bool(let value)?: .bool(value)
            case .string(let value)?: .string(value)
            case .integer(let value)?: .integer(value)
            case .double(let value)?: .double(value)
            case .object(let bytes)?: JSONReader.read(bytes).value
            }
        return Outcome(
            value: value, variant: answer.variant, reason: answer.reason.name, error: answer.error?.name)
    }
}

/// The unmodified OpenFeature client of another language.
enum PythonClient {
    /// `PILOTLIGHT_PYTHON`, or what scripts/test has made.
    static let interpreter: String? = {
        if let given = ProcessInfo.processInfo.environment["PILOTLIGHT_PYTHON"] { return given }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let made = package + "/.build/python/bin/python3"
        return FileManager.default.fileExists(atPath: made) ? made : nil
    }()

    /// A program that came with the packages beside the interpreter.
    static func tool(_ name: String) throws -> String {
        guard let interpreter else { throw HarnessError("no Python: run scripts/test, or set PILOTLIGHT_PYTHON") }
        return URL(fileURLWithPath: interpreter).deletingLastPathComponent().appendingPathComponent(name).path
    }

    static func ask(_ cases: [Case], port: Int) async throws -> [Outcome] {
        guard let interpreter else {
            throw HarnessError("no Python with openfeature-provider-ofrep: run scripts/test, or set PILOTLIGHT_PYTHON")
        }
        let directory = try TemporaryDirectory()
        let list = JSONValue.array(
            cases.map { .object(["flag": .string($0.flag), "context": $0.context, "type": .string($0.type)]) })
        let file = try directory.write("cases.json", list.compactText())
        let process = try RunningProcess(
            interpreter, [Fixture.path("ofrep_client.py"), "http://127.0.0.1:\(port)", file],
            environment: Pilotlight.environment(), log: directory.path("python"))
        guard try await process.exit() == .exited(0) else { throw HarnessError("Python: \(process.errors)") }
        guard let answers = JSONReader.read(process.output).value?.arrayValue, answers.count == cases.count else {
            throw HarnessError("Python printed \(process.output) \(process.errors)")
        }
        return answers.map {
            Outcome(
                value: $0["value"], variant: $0["variant"]?.stringValue, reason: $0["reason"]?.stringValue ?? "",
                error: $0["error"]?.stringValue)
        }
    }

    /// The type that an SDK would ask a flag of these variants for.
    static func type(ofVariants variants: JSONObject) -> String {
        let values = variants.map(\.value)
        switch values.first {
        case .bool?: return "boolean"
        case .string?: return "string"
        case .integer?, .double?:
            return values.contains { if case .double = $0 { true } else { false } } ? "float" : "integer"
        default: return "object"
        }
    }
}
