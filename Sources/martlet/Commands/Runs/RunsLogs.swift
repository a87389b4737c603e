import ArgumentParser
import Core
import Flow
import Foundation

/// `martlet runs logs`
struct RunsLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what the steps of a run that have processes of their own said.",
        discussion: "Example: martlet runs logs ab12 'train[mf]'")
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A run's id.")
    var run: String

    @Argument(help: "A step's name (default: all steps).")
    var step: String?

    func run() async throws {
        let store = try Runs.store(project)
        let record = try store.run(run)
        let names = try store.steps(run: record.id).map(\.name)
        if let step, !names.contains(step) {
            throw MartletError(
                .notFound, "run \(record.id) has no step '\(step)'",
                hint: nearest(to: step, among: names).map { "did you mean '\($0)'?" })
        }
        var text = ""
        var logs: [String: JSONValue] = [:]
        for name in names where step == nil || step == name {
            guard let data = FileManager.default.contents(atPath: store.logPath(run: record.id, step: name)),
                !data.isEmpty
            else { continue }
            let log = String(decoding: data, as: UTF8.self)
            text += step == nil ? "== \(name)\n\(log)" : log
            logs[name] = .string(log)
        }
        output.finish(text.isEmpty ? "nothing was said\n" : text, json: ["logs": .object(logs)])
    }
}
