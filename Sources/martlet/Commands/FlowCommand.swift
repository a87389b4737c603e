import ArgumentParser
import Core
import Flow
import Project

/// `martlet flow`
struct FlowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow", abstract: "Hand the project's steps to a system that schedules by itself.",
        discussion: "Example: martlet flow export --image registry.example/martlet:1 --claim shop",
        subcommands: [FlowExport.self])
}

/// `martlet flow export`
struct FlowExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the project's steps as a manifest of Argo Workflows.",
        discussion: """
            Each step is a pod of the image, in which 'martlet' and DuckDB's library are; all mount the claim's volume,
            which holds the project's folder. It must keep SQLite's locks between the pods: a ReadWriteOnce claim on one
            node does, a network file system does not. Trainings tell what memory they need by the data of the last run.

            Example: martlet flow export --image registry.example/martlet:1 --claim shop | argo submit -
                     martlet flow export --image registry.example/martlet:1 --claim shop --at 03:30 | kubectl apply -f -
            """)
    @OptionGroup var project: ProjectOptions

    @Option(help: "The container's image.")
    var image: String

    @Option(help: "The volume claim with the project's folder.")
    var claim: String

    @Option(help: "Where the project's folder is in the pods.")
    var mount = "/project"

    @Option(help: "The program in the image.")
    var program = "martlet"

    @Option(help: "A time of day, HH:MM, or 'hourly': makes it a CronWorkflow.")
    var at: String?

    @Option(help: "With --at: the days of the week, such as mon,thu (default: every day).")
    var on = ""

    func run() async throws {
        let shop = try ShopRunner(ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project)
        var manifest = ArgoManifest(
            image: image, claim: claim, mount: mount,
            command: [program, "step", "--project", "{{workflow.parameters.project}}"])
        manifest.parameters = [.init("project", mount, help: "the project's folder, on the volume")]
        manifest.cron = try at.map { try RunSchedule(at: $0, on: on).cron }
        writeLine(try shop.manifest(manifest).pretty, to: .standardOutput)
    }
}
