import Core

/// Which features are asked for, looked up in the definitions: made once for many requests.
public struct FeaturePlan: Sendable {
    /// A wanted feature.
    struct Column: Sendable {
        /// What the answer calls it.
        var name: String
        /// What its view calls it.
        var source: String
        /// Its view's place among all views of the plan, group by group.
        var view: Int
        /// Its place among its view's wanted features.
        var field: Int
    }

    /// Views of the same entities: their features lie in one hash, and are read by one command.
    struct Group: Sendable {
        var entities: [FeatureEntity]
        var views: [OnlineRead.View]
        /// The place of the first of them among all views of the plan.
        var firstView: Int
    }

    /// The wanted features, in the order in which they were asked for.
    let columns: [Column]
    /// The views, by what they are about.
    let groups: [Group]
    /// The definition of each view of the plan, in the groups' order.
    public let views: [FeatureView]
    /// All entities whose keys a request must name, each once.
    public let entities: [FeatureEntity]
    /// What an answer calls its features, in order.
    public var names: [String] { columns.map(\.name) }

    /// Looks up features.
    ///
    /// - Parameters:
    ///   - features: `view:feature` each, or `view` for all of a view's.
    ///   - isFull: whether names in the answer are `view__feature` rather than `feature`.
    /// - Throws: `notFound` for a view or feature that is not defined, `invalidData` for two features of one name.
    public init(_ features: [String], of definitions: FeatureDefinitions, fullNames isFull: Bool = false)
        throws(MartletError)
    {
        var wanted: [(view: FeatureView, field: Int)] = []
        for reference in features {
            let pieces = reference.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let view = try definitions.view(String(pieces[0]))
            guard pieces.count == 2 else {
                wanted += view.fields.indices.map { (view, $0) }
                continue
            }
            guard let field = view.index(of: String(pieces[1])) else {
                throw FeatureDefinitions.missing(
                    "feature in view '\(view.name)'", String(pieces[1]), among: view.fields.map(\.name))
            }
            wanted.append((view, field))
        }
        var groups: [Group] = []
        var members: [[FeatureView]] = []
        for (view, _) in wanted {
            let place = groups.firstIndex { $0.entities == view.entities }
            if place == nil {
                groups.append(Group(entities: view.entities, views: [], firstView: 0))
                members.append([])
            }
            let group = place ?? groups.count - 1
            if !members[group].contains(where: { $0.name == view.name }) {
                members[group].append(view)
                groups[group].views.append(OnlineRead.View(name: view.name, fields: []))
            }
        }
        views = members.flatMap(\.self)
        var first = 0
        for place in groups.indices {
            groups[place].firstView = first
            first += groups[place].views.count
        }
        var columns: [Column] = []
        var names: Set<String> = []
        for (view, field) in wanted {
            let name = isFull ? "\(view.name)__\(view.fields[field].name)" : view.fields[field].name
            guard names.insert(name).inserted else {
                throw MartletError(
                    .invalidData, "two of the features are called '\(name)'",
                    hint: "ask for each once, and for equal names of several views with full_feature_names")
            }
            let group = groups.firstIndex { $0.entities == view.entities }!
            let place = members[group].firstIndex { $0.name == view.name }!
            columns.append(
                Column(
                    name: name, source: view.fields[field].name, view: groups[group].firstView + place,
                    field: groups[group].views[place].fields.count))
            groups[group].views[place].fields.append(view.hashes[field])
        }
        self.columns = columns
        self.groups = groups
        var entities: [FeatureEntity] = []
        for group in groups {
            for entity in group.entities where !entities.contains(where: { $0.joinKey == entity.joinKey }) {
                entities.append(entity)
            }
        }
        self.entities = entities
    }

    /// The wanted features of each view of ``views``, with the names that the answer gives them.
    public var fieldsByView: [(view: FeatureView, fields: [(field: String, name: String)])] {
        views.enumerated().map { place, view in
            (view, columns.filter { $0.view == place }.map { ($0.source, $0.name) })
        }
    }
}
