import ArgumentParser
import Core
import Flow
import FoundationEssentials
import Project
import Stores

/// `martlet explain run`
struct ExplainRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Trace a run back to its model, its dataset, its SQL and what was loaded.",
        discussion: """
            A step that had not changed was taken from an earlier run, which is named.

            Example: martlet explain run 20261123-0117-ab12
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The run's id, or its beginning or end if no other has the same.")
    var run: String

    func run() async throws {
        let project = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project
        let lineage = try RunLineage(ShopRunner(project).store, run: run)
        output.finish(lineage.text, json: lineage.json)
    }
}

/// `martlet explain list`
struct ExplainList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Trace a user's published list back to its version, model, run, data and SQL.",
        discussion: """
            Example: martlet explain list --user 13085
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The user's id.")
    var user: String

    func run() async throws {
        let project = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project
        let served = try await withStore(of: project, readOnly: true) { store in
            try await ServedList(of: user, reader: ListReader(store: store, shop: project.name))
        }
        let manifest = served.manifest
        let lineage: RunLineage
        do {
            lineage = try RunLineage(ShopRunner(project).store, run: manifest.modelVersion)
        } catch let error as MartletError where error.code == .notFound {
            throw MartletError(
                .notFound,
                "the run \(manifest.modelVersion), which published version \(manifest.version), is not in this project",
                hint: "look in the project that published it", underlying: error)
        }
        var text = "user \(user): "
        text += served.isFallback ? "no list of their own; what sells\n" : "a list of their own\n"
        for (place, item) in served.items.enumerated() {
            text += "  \(place + 1). \(item.id)  \(item.title)\n"
        }
        text += "version \(manifest.version)  made \(manifest.createdText) by \(manifest.model), "
        text += "checksum \(manifest.checksum)\n"
        output.finish(
            text + lineage.text,
            json: [
                "user": .string(user), "fallback": .bool(served.isFallback),
                "items": .array(
                    served.items.map {
                        ["item": .string($0.id), "title": .string($0.title), "score": .number($0.score)]
                    }), "version": .integer(Int64(manifest.version)), "model": .string(manifest.model),
                "made": .string(manifest.createdText), "checksum": .string(manifest.checksum),
                "lineage": lineage.json,
            ])
    }
}

/// A user's list in the live version, with the items' titles.
struct ServedList: Sendable {
    /// One place of the list.
    struct Item: Sendable {
        var id: String
        var title: String
        var score: Double
    }

    let manifest: ListManifest
    let items: [Item]
    /// Whether it is what everyone gets, for want of a list of the user's own.
    let isFallback: Bool

    /// Reads it.
    ///
    /// - Throws: `notFound` if nothing is published; `unavailable`, `corrupted`.
    init(of user: String, reader: ListReader) async throws {
        try await reader.refresh()
        guard let snapshot = reader.snapshot else {
            throw MartletError(.notFound, "nothing is published yet", hint: "publish first: martlet publish")
        }
        let own = try await snapshot.list(user: user)
        let entry = own ?? snapshot.fallback()
        manifest = snapshot.manifest
        isFallback = own == nil
        items = zip(entry?.items ?? [], entry?.scores ?? []).map { item, score in
            Item(
                id: snapshot.catalogue.id(Int(item)), title: snapshot.catalogue.title(Int(item)), score: Double(score))
        }
    }
}

extension Catalogue {
    /// The title of the item at `index`; empty if none is shown.
    func title(_ index: Int) -> String { self[index].show["title"]?.string ?? "" }
}
