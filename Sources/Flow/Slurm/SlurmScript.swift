import Core

/// The script that is handed to `sbatch`: one step, or the steps of a fan-out as an array.
struct SlurmScript {
    var steps: [LaunchedStep]
    /// More lines for the head, such as `--partition=gpu`.
    var options: [String]

    var text: String {
        let first = steps[0]
        var lines = ["#!/bin/bash", "#SBATCH --job-name=\(Self.jobName(first))"]
        if steps.count > 1 { lines.append("#SBATCH --array=0-\(steps.count - 1)") }
        lines += ["#SBATCH --ntasks=1", "#SBATCH --cpus-per-task=\(first.step.cores)"]
        let memory = steps.map(\.memory).max() ?? 0
        if memory > 0 { lines.append("#SBATCH --mem=\((memory + 1_048_575) / 1_048_576)M") }
        if let limit = first.step.timeLimit {
            lines.append("#SBATCH --time=\(max(1, Int((seconds(of: limit) / 60).rounded(.up))))")
        }
        // Each step has a log of its own, which the script opens.
        lines += ["#SBATCH --output=/dev/null", "#SBATCH --no-requeue"] + options.map { "#SBATCH \($0)" }
        // What this process says to its children is not for a job, which has no parent to watch.
        lines.append("unset \(Lifeline.variable)")
        lines.append("case \"${SLURM_ARRAY_TASK_ID:-0}\" in")
        for (place, step) in steps.enumerated() {
            let command = step.command.map(Self.quote).joined(separator: " ")
            lines.append("\(place)) exec \(command) >>\(Self.quote(step.log)) 2>&1 ;;")
        }
        return (lines + ["esac", ""]).joined(separator: "\n")
    }

    /// The run and the step's name before the bracket, of signs that Slurm shows as they are.
    static func jobName(_ launched: LaunchedStep) -> String {
        let base = launched.step.name.prefix { $0 != "[" }
        return "martlet-\(launched.run)-"
            + String(base.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" })
    }

    /// Quoted for a shell.
    static func quote(_ text: String) -> String {
        var quoted = "'"
        for character in text {
            if character == "'" { quoted += "'\\''" } else { quoted.append(character) }
        }
        return quoted + "'"
    }
}
