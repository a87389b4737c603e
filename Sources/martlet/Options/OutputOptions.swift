import ArgumentParser
import Core
import Project

/// What every subcommand says about its output.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "End with one line of JSON on standard output, for machines.")
    var json = false

    @Flag(name: .shortAndLong, help: "Show no progress; errors still show.")
    var quiet = false

    /// Where progress goes.
    var progress: any ProgressReporting { quiet ? SilentProgress() : TerminalProgress() }

    /// Prints `text` for people, or `json` for machines.
    func finish(_ text: @autoclosure () -> String, json value: @autoclosure () -> JSONValue) {
        if json {
            writeLine(value().description, to: .standardOutput)
        } else if !quiet {
            writeText(text(), to: .standardOutput)
        }
    }
}

/// Which project a subcommand works on.
struct ProjectOptions: ParsableArguments {
    @Option(name: [.customShort("C"), .long], help: "The project's folder, which holds martlet.yml.")
    var project = "."
}
