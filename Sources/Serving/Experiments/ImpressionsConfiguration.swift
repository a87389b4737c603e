import Core
import Stores

extension ServingConfiguration {
    /// How the answers that users are given are logged.
    public struct Impressions: Sendable {
        /// The log's folder and its settings.
        public var log: EventLogConfiguration

        /// Keeps answers in `folder`, with the default settings.
        public init(folder: String) {
            log = EventLogConfiguration(folder: folder)
            // Nobody waits for the log, and a machine that dies may take its last second with it.
            log.synchronises = false
        }

        /// Reads the section `serve.impressions:` of a project; `impressions: {}` takes the defaults.
        ///
        /// ```yaml
        /// serve:
        ///   impressions:
        ///     folder: impressions   # segments of JSON lines; a source with 'format: impressions' loads them
        ///     fsync: false
        ///     segment-mb: 64
        ///     segment-age: 1h
        ///     retain: 90d           # 0s keeps all
        /// ```
        init(_ fields: inout ConfigurationFields, projectFolder: String) {
            let folder = fields.string("folder", default: "impressions")
            if folder.isEmpty {
                fields.diagnostics.report(
                    "'\(fields.name(of: "folder"))' is empty", hint: "name a folder: folder: impressions",
                    at: fields.location(of: "folder"))
            }
            self.init(folder: folder.hasPrefix("/") ? folder : "\(projectFolder)/\(folder)")
            log.synchronises = fields.bool("fsync", default: log.synchronises)
            log.segmentBytes = fields.integer("segment-mb", default: log.segmentBytes >> 20, in: 1...4096) << 20
            log.segmentAge = max(1, Int(min(fields.duration("segment-age", default: Double(log.segmentAge)), 1e10)))
            let retention = Int(min(fields.duration("retain", default: Double(log.retention ?? 0)), 1e10))
            log.retention = retention == 0 ? nil : retention
            fields.finish()
        }
    }
}
