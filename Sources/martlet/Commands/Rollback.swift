import ArgumentParser
import Core
import Project
import Stores

/// `martlet rollback`
struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the version before the live one live again.",
        discussion: """
            The lists that were replaced stay until they are old; servers switch within a second.

            Example: martlet rollback --project shop
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "List the versions, and change nothing.")
    var list = false

    func run() async throws {
        let project = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project
        let store = try await project.publishing.store.open(readOnly: list)
        do {
            let publisher = ListPublisher(store: store, shop: project.name)
            if list {
                try await show(publisher.versions())
            } else {
                let version = try await publisher.rollback()
                output.finish(
                    "live: version \(version.version), made by \(version.manifest.model), "
                        + "\(version.manifest.lists) lists of \(version.manifest.createdText)\n",
                    json: ["live": json(version)])
            }
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func show(_ versions: [PublishedVersion]) {
        let lines = versions.map { version in
            "\(version.isLive ? "*" : " ") \(version.version)  \(version.manifest.createdText)  "
                + "\(version.manifest.model)  \(version.manifest.lists) lists"
        }
        output.finish(
            lines.isEmpty ? "nothing is published yet\n" : lines.joined(separator: "\n") + "\n",
            json: ["versions": .array(versions.map(json))])
    }

    private func json(_ version: PublishedVersion) -> JSONValue {
        [
            "version": .integer(Int64(version.version)), "live": .bool(version.isLive),
            "model": .string(version.manifest.model), "created": .string(version.manifest.createdText),
            "lists": .integer(Int64(version.manifest.lists)), "checksum": .string(version.manifest.checksum),
        ]
    }
}
