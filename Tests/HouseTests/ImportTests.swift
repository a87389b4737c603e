import Foundation
import Testing

/// Holds the import statements of every target against the table in `docs/architecture.md`.
struct ImportTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The table's rows: target → what it may import.
    static let allowed: [String: Set<String>] = {
        let path = root.appending(path: "docs/architecture.md")
        let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        var rows: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 5 else { continue }
            let names = cells[3].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            rows[cells[1].filter { $0 != "`" }] = Set(names.filter { $0 != "–" })
        }
        if rows["martlet"] == ["all"] { rows["martlet"] = Set(rows.keys) }
        return rows
    }()

    static let targets = allowed.keys.sorted()

    @Test func everyTargetStandsInTheTable() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
        #expect(Set(folders.filter { !$0.hasPrefix(".") }) == Set(Self.targets))
    }

    @Test(arguments: targets)
    func importsPointDown(target: String) throws {
        let folder = Self.root.appending(path: "Sources/\(target)")
        let files =
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" } ?? []
        #expect(!files.isEmpty || target.hasPrefix("C"))
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
                    words[..<keyword].allSatisfy({ $0.hasPrefix("@") || Self.modifiers.contains(String($0)) })
                else { continue }
                let module = String(words[words.count - 1].split(separator: ".")[0])
                guard Self.targets.contains(module) else { continue }
                #expect(
                    Self.allowed[target]!.contains(module),
                    "\(file.lastPathComponent) of \(target) imports \(module), which docs/architecture.md does not allow"
                )
            }
        }
    }

    /// What may stand before `import`.
    static let modifiers: Set<String> = ["public", "package", "internal", "private", "fileprivate"]

    @Test func theTableHasNoCycles() {
        var settled: Set<String> = []
        var rest = Set(Self.targets)
        while let next = rest.first(where: { Self.allowed[$0]!.subtracting([$0]).isSubset(of: settled) }) {
            settled.insert(next)
            rest.remove(next)
        }
        #expect(rest.isEmpty, "these import each other: \(rest.sorted())")
    }
}
