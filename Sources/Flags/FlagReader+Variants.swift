import JSON

extension FlagReader {
    /// The types a flag can have. Integers and fractions are one.
    private enum VariantType: String {
        case boolean = "booleans"
        case string = "strings"
        case number = "numbers"
        case object = "objects"

        init?(_ value: JSONValue) {
            switch value {
            case .bool: self = .boolean
            case .string: self = .string
            case .integer, .double: self = .number
            case .object: self = .object
            case .null, .array: return nil
            }
        }
    }

    private static let longestVariantBytes = 256

    mutating func readVariants(_ json: JSONValue?, at flag: JSONPointer) -> JSONObject? {
        let pointer = flag.appending("variants")
        let hint = "variants is an object with at least one value by name, such as {\"on\": true, \"off\": false}"
        guard let json else {
            refuse(flag, "the flag has no variants", hint)
            return nil
        }
        guard case .object(let variants) = json else {
            refuse(pointer, "the variants are \(json.kindText)", hint)
            return nil
        }
        if variants.isEmpty { refuse(pointer, "there is no variant", hint) }
        var first: (type: VariantType, name: String)?
        for variant in variants {
            let here = pointer.appending(variant.key)
            if variant.key.isEmpty { refuse(here, "a variant's name is empty", "give it a name") }
            if variant.key.utf8.count > Self.longestVariantBytes {
                refuse(
                    here, "a variant's name has \(variant.key.utf8.count) bytes",
                    "at most \(Self.longestVariantBytes) are taken")
            }
            guard let type = VariantType(variant.value) else {
                refuse(
                    here, "the variant \"\(variant.key)\" is \(variant.value.kindText)",
                    "variants are booleans, strings, numbers or objects; an array can go inside an object")
                continue
            }
            if let first, first.type != type {
                refuse(
                    here,
                    "the variants mix types: \"\(first.name)\" is one of \(first.type.rawValue), \"\(variant.key)\" is "
                        + variant.value.kindText,
                    "all variants of a flag have one type")
            }
            if first == nil { first = (type, variant.key) }
        }
        return variants
    }

}
