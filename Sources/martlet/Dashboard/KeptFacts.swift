import Core
import Dashboard
import Features
import Pipeline
import Synchronization

/// What took long to make and stays true: one dataset, one bundle and one map, the last that were asked for.
final class KeptFacts: Sendable {
    private struct State {
        var data: (path: String, data: InteractionDataset)?
        var bundle: (version: Int, bundle: ServedBundle)?
        var map: (key: String, map: ItemMap?)?
    }

    private let state = Mutex(State())

    /// The dataset at `path`.
    func data(_ path: String) throws -> InteractionDataset {
        if let kept = state.withLock({ $0.data }), kept.path == path { return kept.data }
        let data = try InteractionDataset.open(path)
        state.withLock { $0.data = (path, data) }
        return data
    }

    /// The bundle of a version.
    func bundle(_ version: Int, _ make: () throws -> ServedBundle) rethrows -> ServedBundle {
        if let kept = state.withLock({ $0.bundle }), kept.version == version { return kept.bundle }
        let bundle = try make()
        state.withLock { $0.bundle = (version, bundle) }
        return bundle
    }

    /// The map of an evaluation.
    func map(_ key: String, _ make: () throws -> ItemMap?) rethrows -> ItemMap? {
        if let kept = state.withLock({ $0.map }), kept.key == key { return kept.map }
        let map = try make()
        state.withLock { $0.map = (key, map) }
        return map
    }
}
