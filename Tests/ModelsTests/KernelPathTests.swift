import Testing

#if os(Linux)
import Foundation

/// Gradients, steps, repetition and resuming once more on each instruction set, in processes of their own: the choice is
/// made once a process.
@Suite struct KernelPathTests {
    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["MARTLET_KERNELS"] == nil, "not inside such a process"),
        arguments: ["avx512", "avx2", "plain"])
    func everyInstructionSetPasses(kernels: String) throws {
        let run = try KernelPath(kernels).run(
            "GradientTests|InBatchSoftmaxTests|OptimizerTests|BitForBit|theSeedChooses|bfloat16")
        #expect(run.status == 0, "\(run.output.suffix(4000))")
        #expect(run.output.contains(" suites passed"))
    }
}

/// This test program, run again with other kernels.
struct KernelPath {
    private let kernels: String

    init(_ kernels: String) { self.kernels = kernels }

    /// Runs the tests whose names match.
    func run(_ filter: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--filter", filter]
        var environment = ProcessInfo.processInfo.environment
        environment["MARTLET_KERNELS"] = kernels
        process.environment = environment
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
#endif
