import Core
import Foundation
import Project
import Testing

/// What is written for the machine's own clock.
struct RunScheduleTests {
    @Test(arguments: [
        ("03:30", "", "*-*-* 03:30:00", "30 3 * * *"), ("23:05", "thu,mon", "Mon,Thu *-*-* 23:05:00", "5 23 * * 1,4"),
        ("hourly", "Sunday", "Sun *-*-* *:00:00", "0 * * * 0"),
    ])
    func bothSayTheSame(at: String, on: String, calendar: String, cron: String) throws {
        let schedule = try RunSchedule(at: at, on: on)
        #expect(schedule.calendar == calendar && schedule.cron == cron)
    }

    @Test func pathsSurviveQuoting() throws {
        let schedule = try RunSchedule(at: "03:30")
        let line = schedule.cronLine(program: "/opt/martlet", project: "/shops/50% off's")
        #expect(line.hasPrefix("30 3 * * * '/opt/martlet' 'run' '--project' '/shops/50\\% off'\\''s' '--quiet' >>"))
        let units = schedule.units(shop: "demo", program: "/opt/martlet", project: "/shops/50% $off")
        #expect(units.service.contains(#"ExecStart="/opt/martlet" "run" "--project" "/shops/50%% $$off" "--quiet""#))
        #expect(units.timer.contains("OnCalendar=*-*-* 03:30:00\nPersistent=true"))
    }

    @Test(arguments: [("25:00", ""), ("3", ""), ("03:30", "someday"), ("", "")])
    func whatIsNoTimeIsExplained(at: String, on: String) {
        let error = #expect(throws: MartletError.self) { try RunSchedule(at: at, on: on) }
        #expect(error?.hint?.contains("write") == true)
    }

    /// systemd's own reading of the two files.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/systemd-analyze"), "systemd is not installed"))
    func systemdTakesTheUnits() throws {
        let folder = NSTemporaryDirectory() + "martlet-schedule-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let units = try RunSchedule(at: "03:30", on: "mon,thu").units(
            shop: "demo", program: "/bin/true", project: folder)
        try AtomicFile.write(units.service, to: folder + "/martlet-demo.service")
        try AtomicFile.write(units.timer, to: folder + "/martlet-demo.timer")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/systemd-analyze")
        process.arguments = ["verify", "--man=no", folder + "/martlet-demo.timer"]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(!said.contains("martlet-demo"), "\(said)")
    }
}
