import Foundation
import Testing

/// The program as a user meets it.
struct CommandLineTests {
    @Test(arguments: [("trian", "train"), ("evalute", "evaluate"), ("ini", "init"), ("rolback", "rollback")])
    func aMistypedSubcommandGetsASuggestion(typed: String, meant: String) async throws {
        let ended = try await Program.run([typed])
        #expect(ended.status == 64)
        #expect(ended.error.contains("did you mean 'martlet \(meant)'?"))
    }

    @Test(arguments: [
        "demo", "init", "check", "config", "load", "transform", "train", "evaluate", "recommend", "publish", "rollback",
        "serve", "ui", "explain", "run", "runs", "schedule", "flow", "generate", "features",
    ])
    func everySubcommandHasHelpWithAnExample(name: String) async throws {
        let ended = try await Program.run([name, "--help"])
        #expect(ended.status == 0)
        #expect(ended.output.contains("OVERVIEW:"))
        #expect(ended.output.contains("Example: martlet \(name)"))
    }

    @Test func withoutAProjectTheWayToOneIsShown() async throws {
        let ended = try await Program.run(["run", "--project", "/nonexistent-shop"])
        #expect(ended.status == 1)
        #expect(ended.error.contains("martlet init"))
    }

    /// Asked for help, the parser says which subcommand it understood.
    @Test(arguments: [
        (["explain", "--project", "x", "list", "--help"], "explain list"),
        (["runs", "-C", "x", "gc", "--help"], "runs gc"),
        (["features", "--project=x", "--json", "get", "--help"], "features get"),
        (["flow", "-q", "export", "--help"], "flow export"), (["explain", "--project", "list", "--help"], "explain"),
    ])
    func optionsMayStandBeforeASubcommand(arguments: [String], understood: String) async throws {
        let ended = try await Program.run(arguments)
        #expect(ended.status == 0 && ended.output.contains("USAGE: martlet \(understood) "), "\(ended)")
    }

    @Test func completionScriptsAreThere() async throws {
        for shell in ["bash", "zsh", "fish"] {
            let ended = try await Program.run(["--generate-completion-script", shell])
            #expect(ended.status == 0 && ended.output.contains("martlet"))
        }
    }
}

/// Runs the program that was built beside these tests.
enum Program {
    struct Ended {
        var status: Int32
        var output: String
        var error: String
    }

    static let path = Bundle.main.executableURL!.deletingLastPathComponent().appending(path: "martlet").path

    /// Runs it to its end with no terminal.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], of program: String = path
    ) async throws -> Ended {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        process.standardInput = FileHandle.nullDevice
        try process.run()
        async let outputBytes = output.fileHandleForReading.readToEnd()
        async let errorBytes = error.fileHandleForReading.readToEnd()
        let (first, second) = try await (outputBytes, errorBytes)
        process.waitUntilExit()
        return Ended(
            status: process.terminationStatus, output: String(decoding: first ?? Data(), as: UTF8.self),
            error: String(decoding: second ?? Data(), as: UTF8.self))
    }

    /// Starts it in a session of its own and kills it, children and all, after so many seconds.
    ///
    /// - Returns: whether the kill came before it ended by itself.
    static func runAndKill(_ arguments: [String], after seconds: Double) async throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        try await Task.sleep(for: .seconds(seconds))
        let wasRunning = process.isRunning
        if wasRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return wasRunning && process.terminationReason == .uncaughtSignal
    }
}
