import Core
import Stores

/// A project's feature store: what is known of whom, where it comes from, and where the newest of it is kept.
///
/// In `martlet.yml`:
///
/// ```yaml
/// feature-store:
///   project: shop                    # a part of every key; the project's name unless said otherwise
///   online: {kind: redis, url: "redis://127.0.0.1:6379"}
///   entities:
///     user: {join-key: user_id, type: int64}
///   views:
///     user_stats:
///       entities: [user]
///       source: {table: user_stats, timestamp: event_timestamp, created: created_at}
///       ttl: 30d
///       fields: {ctr: float, last_items: string_list}
///   services:
///     ranker: [user_stats]
///   request: ranker                  # the service that the pipeline reads for the user of a request
///   items: stock                     # the service that it reads for all candidates: filters, and the ranking model
///   keep-items: true                 # what was read of items is kept until the store tells that it changed
/// ```
public struct FeatureStoreConfiguration: Sendable {
    /// Entities, views and services.
    public var definitions: FeatureDefinitions
    /// Where the newest values are kept.
    public var online: OnlineStoreConfiguration
    /// The service whose features the pipeline reads for the user of a request; nil: it takes those of its models' time.
    public var requestService: String?
    /// The service whose features the pipeline reads for the candidates of a request; nil: it takes the bundle's.
    public var itemService: String?

    /// Whether what was read of items is kept until the store tells of a change.
    public var keepsItems = true

    /// The names of the features of ``itemService``.
    var itemFeatures: [String] {
        guard let service = definitions.services.first(where: { $0.name == itemService }) else { return [] }
        return (try? FeaturePlan(service.features, of: definitions))?.names ?? []
    }

    /// Reads `feature-store:`; faults go to the fields' diagnostics.
    init(_ fields: inout ConfigurationFields, projectName: String, projectFolder: String) {
        let project = fields.string("project", default: projectName)
        var onlineFields = fields.fields("online")
        online = OnlineStoreConfiguration(&onlineFields, projectFolder: projectFolder)
        definitions = FeatureDefinitions(project: project, entities: [], views: [])
        let diagnostics = fields.diagnostics
        for entry in fields.named("entities") {
            var entity = ConfigurationFields(
                entry.value, path: "\(fields.name(of: "entities")).\(entry.key)", diagnostics: diagnostics)
            let types = FeatureType.allCases.filter(\.canBeKey).map(\.rawValue)
            let type = entity.choice("type", of: types).flatMap(FeatureType.init(rawValue:)) ?? .string
            definitions.entities.append(
                FeatureEntity(name: entry.key, joinKey: entity.string("join-key", default: entry.key), type: type))
            entity.finish()
        }
        for entry in fields.named("views") {
            var view = ConfigurationFields(
                entry.value, path: "\(fields.name(of: "views")).\(entry.key)", diagnostics: diagnostics)
            definitions.views.append(Self.view(entry.key, &view, entities: definitions.entities))
        }
        readServices(&fields)
        readRequest(&fields)
        fields.finish()
    }

    private static func view(_ name: String, _ fields: inout ConfigurationFields, entities: [FeatureEntity])
        -> FeatureView
    {
        var chosen: [FeatureEntity] = []
        for word in fields.strings("entities") {
            if let entity = entities.first(where: { $0.name == word }) {
                if chosen.contains(where: { $0.joinKey == entity.joinKey }) {
                    fields.diagnostics.report(
                        "'\(fields.name(of: "entities"))' has the join key '\(entity.joinKey)' twice",
                        hint: "name each entity once", at: fields.location(of: "entities"))
                } else {
                    chosen.append(entity)
                }
            } else {
                fields.diagnostics.report(
                    "'\(fields.name(of: "entities"))': there is no entity '\(word)'",
                    hint: nearest(to: word, among: entities.map(\.name)).map { "did you mean '\($0)'?" }
                        ?? "the entities are \(entities.map(\.name).joined(separator: ", "))",
                    at: fields.location(of: "entities"))
            }
        }
        if chosen.isEmpty {
            fields.diagnostics.report(
                "'\(fields.name(of: "entities"))' names no entity", hint: "say whom the features are about: [user]",
                at: fields.location(of: "entities"))
        }
        let source = source(&fields)
        let features = features(
            &fields, taken: chosen.map(\.joinKey) + [source?.timestamp, source?.created].compactMap(\.self))
        let ttl = fields.duration("ttl")
        let pushName = fields.string("push")
        fields.finish()
        // As Feast has it, no time at all is no limit.
        return FeatureView(
            name: name, entities: chosen, fields: features, ttl: ttl == 0 ? nil : ttl, source: source,
            pushName: pushName)
    }

    private static func source(_ fields: inout ConfigurationFields) -> FeatureSource? {
        guard fields.node("source") != nil else { return nil }
        var source = fields.fields("source")
        let table = source.required("table", hint: "name a table or SQL model of the warehouse: table: user_stats")
        let timestamp = source.required("timestamp", hint: "name the column that says since when a row is true")
        let created = source.string("created")
        source.finish()
        return FeatureSource(table: table, timestamp: timestamp, created: created)
    }

    private static func features(_ fields: inout ConfigurationFields, taken: [String]) -> [FeatureField] {
        var features: [FeatureField] = []
        for entry in fields.named("fields") {
            let name = "\(fields.name(of: "fields")).\(entry.key)"
            guard case .scalar(let text, _) = entry.value.content, let type = FeatureType(rawValue: text) else {
                let types = FeatureType.allCases.map(\.rawValue)
                var hint = "the types are \(types.joined(separator: ", "))"
                if case .scalar(let text, _) = entry.value.content, let near = nearest(to: text, among: types) {
                    hint = "did you mean '\(near)'?"
                }
                fields.diagnostics.report(
                    "'\(name)' must be a type, found \(entry.value.kind)", hint: hint, at: entry.value.location)
                continue
            }
            if taken.contains(entry.key) {
                fields.diagnostics.report(
                    "'\(name)' is a join key or a moment of the view already",
                    hint: "leave it out: it is in every row", at: entry.location)
            }
            features.append(FeatureField(entry.key, type))
        }
        if features.isEmpty {
            fields.diagnostics.report(
                "'\(fields.name(of: "fields"))' names no feature", hint: "write fields: {ctr: float}",
                at: fields.location(of: "fields"))
        }
        return features
    }

    private mutating func readRequest(_ fields: inout ConfigurationFields) {
        requestService = service("request", hint: "a request knows its user", &fields)
        itemService = service("items", hint: "candidates are items", &fields)
        keepsItems = fields.bool("keep-items", default: true)
    }

    /// A service of one kind of entity.
    private func service(_ key: String, hint: String, _ fields: inout ConfigurationFields) -> String? {
        let name = fields.choice(key, of: definitions.services.map(\.name))
        guard let service = definitions.services.first(where: { $0.name == name }),
            let plan = try? FeaturePlan(service.features, of: definitions, fullNames: true), plan.entities.count > 1
        else { return name }
        fields.diagnostics.report(
            "'\(fields.name(of: key))': service '\(service.name)' is of "
                + plan.entities.map(\.name).joined(separator: ", "),
            hint: "\(hint): take a service of that one entity", at: fields.location(of: key))
        return name
    }

    private mutating func readServices(_ fields: inout ConfigurationFields) {
        var services = fields.fields("services")
        for name in services.keys {
            let service = FeatureService(name: name, features: services.strings(name))
            do {
                _ = try FeaturePlan(service.features, of: definitions, fullNames: true)
            } catch {
                fields.diagnostics.report(
                    "'\(services.name(of: name))': \(error.message)", hint: error.hint, at: services.location(of: name))
            }
            definitions.services.append(service)
        }
        services.finish()
    }
}
