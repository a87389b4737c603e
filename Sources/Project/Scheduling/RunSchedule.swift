import Core

/// When a project is to be run, and how a machine's own clock is told.
public struct RunSchedule: Sendable, Hashable {
    /// The days' names, as systemd and cron know them, from Sunday.
    static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// The hour, 0 to 23; nil: every hour.
    public var hour: Int?
    /// The minute.
    public var minute: Int
    /// The days of the week, Sunday is 0; empty: every day.
    public var days: [Int]

    /// Reads a time such as `03:30` or `hourly`, and days such as `mon,thu`.
    ///
    /// - Throws: `invalidConfiguration` for a text that is neither.
    public init(at time: String, on days: String = "") throws {
        if time == "hourly" {
            (hour, minute) = (nil, 0)
        } else {
            let parts = time.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour),
                (0..<60).contains(minute)
            else {
                throw MartletError(
                    .invalidConfiguration, "'\(time)' is no time of day", hint: "write HH:MM, such as 03:30, or hourly")
            }
            (self.hour, self.minute) = (hour, minute)
        }
        self.days = try days.lowercased().split(separator: ",").map { name in
            guard let day = Self.dayNames.firstIndex(of: String(name.prefix(3))) else {
                throw MartletError(
                    .invalidConfiguration, "'\(name)' is no day of the week",
                    hint: "write days such as mon,thu: \(Self.dayNames.joined(separator: ", "))")
            }
            return day
        }.sorted()
    }

    /// systemd's `OnCalendar=`.
    public var calendar: String {
        let names = days.map { Self.dayNames[$0].prefix(1).uppercased() + Self.dayNames[$0].dropFirst() }
        let time = hour.map { "\(Self.two($0)):\(Self.two(minute)):00" } ?? "*:\(Self.two(minute)):00"
        return (names.isEmpty ? "" : names.joined(separator: ",") + " ") + "*-*-* " + time
    }

    /// The five fields of a line for cron.
    public var cron: String {
        let days = days.isEmpty ? "*" : days.map(String.init).joined(separator: ",")
        return "\(minute) \(hour.map(String.init) ?? "*") * * \(days)"
    }

    /// A line for `crontab`.
    ///
    /// - Parameters:
    ///   - program: the path of the program.
    ///   - project: the project's folder, from the root.
    public func cronLine(program: String, project: String) -> String {
        // To cron a percent sign ends the line.
        let command = [program, "run", "--project", project, "--quiet"].map(Self.quoteForShell).joined(separator: " ")
        let log = Self.quoteForShell(project + "/.martlet/schedule.log")
        return "\(cron) \(command) >>\(log) 2>&1".split(separator: "%", omittingEmptySubsequences: false)
            .joined(separator: "\\%") + "\n"
    }

    /// The texts of a systemd service and of the timer that starts it.
    public func units(shop: String, program: String, project: String) -> (service: String, timer: String) {
        let service = """
            [Unit]
            Description=Martlet run of \(shop)
            Wants=network-online.target
            After=network-online.target

            [Service]
            Type=oneshot
            WorkingDirectory=\(project.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%"))
            ExecStart=\([program, "run", "--project", project, "--quiet"].map(Self.quoteForUnit).joined(separator: " "))

            """
        let timer = """
            [Unit]
            Description=When Martlet runs \(shop)

            [Timer]
            OnCalendar=\(calendar)
            Persistent=true

            [Install]
            WantedBy=timers.target

            """
        return (service, timer)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func quoteForShell(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// In units `%` begins a specifier and `$` a variable.
    private static func quoteForUnit(_ text: String) -> String {
        var quoted = "\""
        for character in text {
            switch character {
            case "%": quoted += "%%"
            case "$": quoted += "$$"
            case "\"", "\\": quoted += "\\\(character)"
            default: quoted.append(character)
            }
        }
        return quoted + "\""
    }
}
