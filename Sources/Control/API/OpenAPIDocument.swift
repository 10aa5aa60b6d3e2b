import JSON

/// The description of the operator API that the node serves: `openapi.yaml`, as JSON.
enum OpenAPIDocument {
    static let json: JSONValue = {
        let document = YAMLDocument(PackageResources.openapi_yaml)
        guard let value = document.value else {
            preconditionFailure("openapi.yaml is part of the program: \(document.problems.map(\.reason))")
        }
        return value
    }()
}
