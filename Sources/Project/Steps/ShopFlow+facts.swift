import Core
import Flow
import FoundationEssentials
import Tensor

extension ShopFlow {
    /// What is to be known of a training in three months: what was chosen, of what it was made, and where it ran.
    static func trainingFacts(
        kind: String, hyperparameters: JSONValue, epochs: Int?, on use: SplitUse, project: ProjectConfiguration,
        context: StepContext
    ) -> [Fact] {
        var facts: [Fact] = [
            Fact(.parameter, "kind", .string(kind)), Fact(.parameter, "seed", .string(String(project.seed))),
            Fact(.parameter, "rows", .string(use.rows)),
            Fact(.parameter, "validation-k", .integer(Int64(project.evaluation.ks[0]))),
            Fact(.version, "code", .string(ProductVersion.text)),
            Fact(.environment, "threads", .integer(Int64(Threads.count))),
        ]
        facts += [Fact](.parameter, hyperparameters)
        if let epochs { facts.append(Fact(.parameter, "fixed-epochs", .integer(Int64(epochs)))) }
        if let dataset = context.results[use.rawValue] {
            facts += [Fact](.parameter, ["dataset": dataset.value])
            if let digest = dataset.artifacts["dataset"]?.digest {
                facts.append(Fact(.version, "data", .string(digest.hex)))
            }
        }
        if let commit = GitCommit.of(folder: project.folder) { facts.append(Fact(.version, "commit", .string(commit))) }
        let file = Digest(of: project.file.json.description)
        return facts + [Fact(.version, "configuration", .string(file.hex))] + Machine.facts
    }
}

extension SplitUse {
    /// Which rows are learned from.
    fileprivate var rows: String {
        switch self {
        case .selection: "before validation"
        case .testing: "before test"
        case .everything: "all"
        }
    }
}

/// The commit that a folder's files belong to.
enum GitCommit {
    /// The commit that is checked out in the nearest repository above `folder`; nil if there is none. Changes that are
    /// not committed do not show.
    static func of(folder: String) -> String? {
        var path = URL(filePath: folder).standardizedFileURL.path
        while true {
            if let found = head(of: path + "/.git") { return found }
            guard path.count > 1, let slash = path.lastIndex(of: "/") else { return nil }
            path = String(path[..<slash])
        }
    }

    private static func head(of repository: String) -> String? {
        guard let head = text(repository + "/HEAD") else { return nil }
        guard head.hasPrefix("ref: ") else { return head }
        let name = String(head.dropFirst(5))
        if let commit = text("\(repository)/\(name)") { return commit }
        let packed = text(repository + "/packed-refs") ?? ""
        return packed.split(separator: "\n").first { $0.hasSuffix(" \(name)") }.map { String($0.prefix(40)) }
    }

    private static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        var text = String(decoding: data, as: UTF8.self)
        while text.last == "\n" { text.removeLast() }
        return text.isEmpty ? nil : text
    }
}
