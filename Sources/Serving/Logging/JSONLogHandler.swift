import Core
import Logging

/// Writes each log event as one line of JSON: `{"time":…,"level":…,"message":…,"request_id":…}`.
public struct JSONLogHandler: LogHandler {
    /// The least level that is written.
    public var logLevel: Logger.Level
    /// What every line of this logger carries.
    public var metadata: Logger.Metadata = [:]
    /// Adds what belongs to the running task.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let sink: LogSink

    /// Makes a handler.
    ///
    /// - Parameters:
    ///   - label: the logger's name, in every line.
    ///   - level: the least level that is written.
    ///   - sink: where lines go.
    public init(label: String, level: Logger.Level = .info, sink: LogSink = .standardError) {
        self.label = label
        logLevel = level
        self.sink = sink
    }

    /// One member of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        let (seconds, nanoseconds) = UniversalTime.now()
        let time = UniversalTime(seconds: seconds).internet(milliseconds: nanoseconds / 1_000_000)
        var line = "{\"time\":\"\(time)\",\"level\":\"\(event.level)\",\"logger\":"
        JSONValue.quote(label, to: &line)
        line += ",\"message\":"
        JSONValue.quote(event.message.description, to: &line)
        var members = metadata
        if let provided = metadataProvider?.get() { members.merge(provided) { _, new in new } }
        if let own = event.metadata { members.merge(own) { _, new in new } }
        if let error = event.error { members["error"] = "\(error)" }
        for key in members.keys.sorted() {
            line += ","
            JSONValue.quote(key, to: &line)
            line += ":"
            Self.write(members[key]!, to: &line)
        }
        line += "}\n"
        sink.write(line)
    }

    private static func write(_ value: Logger.MetadataValue, to line: inout String) {
        switch value {
        case .string(let text): JSONValue.quote(text, to: &line)
        case .stringConvertible(let number as any BinaryInteger): line += "\(number)"
        case .stringConvertible(let number as Double) where number.isFinite: line += "\(number)"
        case .stringConvertible(let truth as Bool): line += "\(truth)"
        case .stringConvertible(let other): JSONValue.quote(other.description, to: &line)
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                write(value, to: &line)
            }
            line += "]"
        case .dictionary(let members):
            line += "{"
            for (index, key) in members.keys.sorted().enumerated() {
                if index > 0 { line += "," }
                JSONValue.quote(key, to: &line)
                line += ":"
                write(members[key]!, to: &line)
            }
            line += "}"
        }
    }
}
