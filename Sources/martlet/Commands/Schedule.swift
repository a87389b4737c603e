import ArgumentParser
import Core
import Foundation
import Project

/// `martlet schedule`
struct Schedule: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the project run by the machine's own clock: a systemd timer, or a line for cron.",
        discussion: """
            A run that the machine slept through is made up for by systemd, not by cron. Runs that overlap do not disturb
            each other.

            Example: martlet schedule --at 03:30 --folder ~/.config/systemd/user
                     martlet schedule --at 03:30 --on mon,thu --cron | crontab -
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The time of day, HH:MM, or 'hourly'.")
    var at = "03:00"

    @Option(help: "The days of the week, such as mon,thu (default: every day).")
    var on = ""

    @Flag(help: "Print a line for crontab.")
    var cron = false

    @Option(help: "Write a systemd service and timer into this folder (default: print them).")
    var folder: String?

    func run() async throws {
        let folder = URL(filePath: ProjectRunner.trimmed(project.project)).standardizedFileURL.path
        let configuration = try ProjectRunner.configuration(folder).project
        let schedule = try RunSchedule(at: at, on: on)
        let program = ProjectRunner.program
        if cron {
            let line = schedule.cronLine(program: program, project: folder)
            return output.finish(line, json: ["cron": .string(line)])
        }
        let units = schedule.units(shop: configuration.name, program: program, project: folder)
        let name = "martlet-\(configuration.name)"
        guard let place = self.folder else {
            return output.finish(
                "# \(name).service\n\(units.service)\n# \(name).timer\n\(units.timer)",
                json: ["service": .string(units.service), "timer": .string(units.timer)])
        }
        do {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        } catch {
            throw MartletError(.system, "cannot make the folder \(place)", underlying: error)
        }
        try AtomicFile.write(units.service, to: "\(place)/\(name).service")
        try AtomicFile.write(units.timer, to: "\(place)/\(name).timer")
        output.finish(
            "wrote \(place)/\(name).service and \(name).timer; start it with: systemctl --user enable --now \(name).timer\n",
            json: ["service": .string("\(place)/\(name).service"), "timer": .string("\(place)/\(name).timer")])
    }
}
