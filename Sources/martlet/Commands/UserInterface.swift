import ArgumentParser
import Core
import Dashboard
import Project
import Serving

/// `martlet ui`
struct UserInterface: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ui",
        abstract: "Show runs, experiments, data, models, shoppers and published versions in a browser.",
        discussion: """
            The pages are open to whoever has the key: that of the environment variable MARTLET_ADMIN_KEY, or of \
            serve.admin-key-env, or else one that is made for this start and printed. Nothing is loaded from elsewhere.

            Example: martlet ui --project shop
                     martlet ui --port 8090
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 takes a free one.")
    var port = 8090

    func validate() throws {
        if !(0...65_535).contains(port) { throw ValidationError("--port must lie in 0…65535, found \(port)") }
    }

    func run() async throws {
        let (project, serving) = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project))
        let environment = ProcessEnvironment.variables
        let given = environment[serving.adminKeyVariable ?? "MARTLET_ADMIN_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        let key = given ?? AdminKey.make()
        let facts = try ProjectFacts(project: project, serving: serving, isServing: false)
        let dashboard = Dashboard(store: facts.runner.store, facts: facts, key: try AdminKey(key))
        let output = output
        try await DashboardService(dashboard, host: host, port: port) { url in
            // A key that somebody else chose is theirs to know.
            let link = given == nil ? "\(url)/login?key=\(key)" : url
            if output.json {
                var ready: [String: JSONValue] = ["event": "ready", "url": .string(url)]
                if given == nil { ready["key"] = .string(key) }
                writeLine(JSONValue.object(ready).description, to: .standardOutput)
            } else {
                writeLine("The dashboard of '\(project.name)': \(link)\nCtrl-C ends it.", to: .standardOutput)
            }
        }.run()
    }
}
