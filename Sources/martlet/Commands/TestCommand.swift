import ArgumentParser
import Core
import Evaluation
import Flow
import Project

/// `martlet test`
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Test the winner's behaviour, and lint how it was judged.",
        discussion: """
            Slices, being less wrong, popularity bias, robustness and more, with the thresholds under 'tests:' in \
            martlet.yml; and a linter for leakage. Ends with status 1 if publishing would be stopped.

            Example: martlet test --junit tests.xml --html tests.html
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Write the results as JUnit XML into this file.")
    var junit: String?

    @Option(help: "Write the results as a page into this file.")
    var html: String?

    func run() async throws {
        let runner = ProjectRunner(project, output)
        let (report, page) = try await runner.test()
        if let junit { try AtomicFile.write(report.junit, to: junit) }
        if let html { try AtomicFile.write(report.html(), to: html) }
        let text = report.terminalText(color: Style(for: .standardOutput).isColored) + "\ncard: \(page)\n"
        output.finish(text, json: report.json)
        try report.throwIfFailed()
    }
}

extension ProjectRunner {
    /// Runs the steps up to the tests.
    ///
    /// - Returns: the report, and where its page lies.
    func test() async throws -> (report: BehaviourReport, page: String) {
        let project = try Self.configuration(folder).project
        let runner = try ShopRunner(project)
        let summary = try await withInterrupts {
            try await runner.run(upTo: .test, progress: output.progress, program: Self.program)
        }
        try summary.check()
        let result = try runner.result(of: .test, run: summary.run)
        return (
            try BehaviourReport(json: result.value),
            try runner.store.path(run: summary.run, step: "test", artifact: "tests.html")
        )
    }
}
