import Foundation

/// What the words of an `apply` mean: files as they are, folders as all the documents in them.
enum InputFolder {
    private static let endings = [".json", ".yaml", ".yml"]
    private static let deepest = 32

    /// Paths of documents, relative to where `paths` are; what a folder holds is sorted by bytes, hidden files left out.
    static func documents(_ paths: [String]) throws -> [String] {
        guard paths.count(where: { $0 == InputFile.standardInput }) < 2 else {
            throw CommandRefusal("standard input is named twice", hint: "it can be read once")
        }
        return try paths.flatMap { path in
            guard isFolder(path) else { return [path] }
            let found = try documents(in: path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path, 0)
            guard !found.isEmpty else {
                throw CommandRefusal(
                    "the folder \(path) holds no documents", hint: "files in it must end in .json, .yaml or .yml")
            }
            return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    private static func documents(in folder: String, _ depth: Int) throws -> [String] {
        guard depth < deepest else {
            throw CommandRefusal(
                "\(folder) is nested more than \(deepest) folders deep",
                hint: "does a symbolic link lead back to a folder that it is in?")
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw CommandRefusal(
                "the folder \(folder) can't be read: \(FileFault.reason(error))", hint: "check its path and its mode")
        }
        return try names.filter { !$0.hasPrefix(".") }.flatMap { name -> [String] in
            let path = folder + "/" + name
            if isFolder(path) { return try documents(in: path, depth + 1) }
            return endings.contains { name.lowercased().hasSuffix($0) } ? [path] : []
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
