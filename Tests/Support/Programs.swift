import Foundation

/// The path of a program, or nil if it is not installed.
package func program(named name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":").map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// Runs a program to its end and returns what it printed.
package func runProgram(_ name: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
    guard let path = program(named: name) else { throw TestFault("\(name) is not installed") }
    return try await runProgram(at: path, arguments)
}

/// Runs a program to its end and returns what it printed.
package func runProgram(at executable: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
    try await withCheckedThrowingContinuation { continuation in
        // On a thread of its own: one that waits here must not keep the other tests from running.
        Thread.detachNewThread {
            continuation.resume(
                with: Result {
                    let process = Process()
                    process.executableURL = URL(filePath: executable)
                    process.arguments = arguments
                    let output = Pipe()
                    process.standardInput = FileHandle.nullDevice
                    process.standardOutput = output
                    process.standardError = output
                    try process.run()
                    let data = output.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
                })
        }
    }
}

/// Asks again and again until the answer is yes, for 90 s at most.
package func waitUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<900 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(100))
    }
    throw TestFault("waited in vain until \(what)")
}
