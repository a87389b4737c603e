import ArgumentParser
import Core
import Project

/// The command line.
@main
struct Martlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "From a shop's transactions to recommendations that a web page asks for.",
        usage: "martlet <subcommand> [--project DIR] [--json] [--quiet]",
        discussion: """
            Start with 'martlet demo', or with your own data:
              martlet init shop --from purchases.csv
              cd shop && martlet run && martlet serve
            """,
        version: ProductVersion.text,
        groupedSubcommands: [
            CommandGroup(name: "A project:", subcommands: [Demo.self, Init.self, Check.self, Config.self]),
            CommandGroup(
                name: "Steps (each runs what it needs before it, and nothing that has not changed):",
                subcommands: [
                    Load.self, Transform.self, FeaturesCommand.self, Train.self, Evaluate.self, TestCommand.self,
                    Recommend.self, Publish.self,
                ]),
            CommandGroup(name: "Whole runs:", subcommands: [Run.self, Runs.self, Schedule.self, FlowCommand.self]),
            CommandGroup(
                name: "Live:",
                subcommands: [
                    Serve.self, UserInterface.self, Explain.self, ExperimentsCommand.self, Verify.self, Rollback.self,
                ]),
            CommandGroup(name: "Tools:", subcommands: [Generate.self, ModelCommand.self, Bench.self]),
        ] + [CommandGroup(name: "Internal:", subcommands: [StepCommand.self])]
    )

    static func main() async {
        let arguments = ArgumentOrder.ordered(Array(CommandLine.arguments.dropFirst()), of: Martlet.self)
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.exit(with: error, arguments: arguments)
        }
    }
}
