import Core

/// All that a project says of its features: entities, views and services.
public struct FeatureDefinitions: Sendable, Hashable {
    /// The project's name, a part of every key.
    public var project: String
    /// What features are about.
    public var entities: [FeatureEntity]
    /// The features, by view.
    public var views: [FeatureView]
    /// What models ask for.
    public var services: [FeatureService]

    /// Makes definitions; names must be unique.
    public init(
        project: String, entities: [FeatureEntity], views: [FeatureView], services: [FeatureService] = []
    ) {
        self.project = project
        self.entities = entities
        self.views = views
        self.services = services
    }

    /// The view of a name.
    ///
    /// - Throws: `notFound` with the nearest name there is.
    public func view(_ name: String) throws(MartletError) -> FeatureView {
        if let view = views.first(where: { $0.name == name }) { return view }
        throw Self.missing("feature view", name, among: views.map(\.name))
    }

    /// The service of a name.
    ///
    /// - Throws: `notFound` with the nearest name there is.
    public func service(_ name: String) throws(MartletError) -> FeatureService {
        if let service = services.first(where: { $0.name == name }) { return service }
        throw Self.missing("feature service", name, among: services.map(\.name))
    }

    /// The views that rows pushed under a name go to.
    ///
    /// - Throws: `notFound` with the nearest name there is.
    public func views(pushedAs name: String) throws(MartletError) -> [FeatureView] {
        let found = views.filter { $0.pushName == name }
        if !found.isEmpty { return found }
        throw Self.missing("push source", name, among: views.map(\.pushName))
    }

    static func missing(_ kind: String, _ name: String, among known: [String]) -> MartletError {
        let hint =
            known.isEmpty
            ? "the project names none"
            : nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                ?? "there are \(known.joined(separator: ", "))"
        return MartletError(.notFound, "there is no \(kind) '\(name)'", hint: hint)
    }
}
