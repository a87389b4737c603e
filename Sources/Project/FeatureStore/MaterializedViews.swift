import Core
import FoundationEssentials
import Stores

/// Up to which moment each view was materialised into which store: what the next incremental run begins from.
///
/// Kept beside the runs, in `.martlet/features.json`.
public struct MaterializedViews: Sendable {
    private let folder: String
    private var path: String { "\(folder)/features.json" }
    private var stores: [String: JSONValue]

    /// Reads what a project remembers; nothing if it never materialised.
    ///
    /// - Throws: `corrupted` if the file is not ours.
    public init(stateFolder: String) throws {
        folder = stateFolder
        stores = [:]
        guard let data = FileManager.default.contents(atPath: path) else { return }
        do {
            stores = try JSONValue(parsing: String(decoding: data, as: UTF8.self), source: path).object ?? [:]
        } catch {
            throw MartletError(
                .corrupted, "\(path) cannot be read",
                hint: "remove it: the next 'martlet features materialize' then reads the whole sources",
                underlying: error)
        }
    }

    /// The moment up to which a view is in a store; nil if it is not, or was of another shape.
    public func end(of view: FeatureView, in store: String) -> FeatureTimestamp? {
        guard let entry = stores[store]?[view.name], entry["shape"]?.string == Self.shape(view) else { return nil }
        return entry["end"]?.string.flatMap { FeatureTimestamp(parsing: $0) }
    }

    /// Notes the moment up to which a view is in a store.
    ///
    /// - Throws: `system`, `outOfSpace`.
    public mutating func note(_ end: FeatureTimestamp, of view: FeatureView, in store: String) throws {
        // A range by hand over old ground takes nothing back.
        if let known = self.end(of: view, in: store), known >= end { return }
        var views = stores[store]?.object ?? [:]
        views[view.name] = ["end": .string(end.text), "shape": .string(Self.shape(view))]
        stores[store] = .object(views)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try AtomicFile.write(Array(JSONValue.object(stores).pretty.utf8), to: path)
    }

    /// What makes another view of it: a new feature must be filled from the beginning.
    private static func shape(_ view: FeatureView) -> String {
        let fields = view.fields.map { "\($0.name) \($0.type.rawValue)" }.sorted().joined(separator: ", ")
        return "\(view.joinKeys.joined(separator: ", ")): \(fields) from \(view.source?.table ?? "pushes")"
    }
}
