import Synchronization

/// Somebody who keeps what was read of a feature store for as long as it holds.
public protocol FeatureListener: AnyObject, Sendable {
    /// Something of an entity was written or removed: its key, as the store has it.
    func changed(_ key: [UInt8])

    /// Anything may have changed: nothing that was read before holds.
    ///
    /// - Parameter isHeard: whether changes are told from now on; if not, nothing that is read may be kept.
    func reset(isHeard: Bool)
}

/// Tells listeners what changes in a store.
///
/// A change is told after it can be read. Who keeps what was read must note, before reading, that nothing was told
/// between the reading and the keeping: what a slow answer brings may be older than the change.
public final class FeatureChanges: Sendable {
    private struct Listener: Sendable {
        weak var value: (any FeatureListener)?
    }

    private let state: Mutex<(listeners: [Listener], isHeard: Bool)>

    /// - Parameter isHeard: whether changes are told from the beginning.
    package init(isHeard: Bool) { state = Mutex(([], isHeard)) }

    /// Adds a listener, which is held weakly and told at once whether changes are heard.
    public func add(_ listener: any FeatureListener) {
        // Under the lock, so that what is heard is told in the order in which it was.
        state.withLock { state in
            state.listeners.removeAll { $0.value == nil }
            state.listeners.append(Listener(value: listener))
            listener.reset(isHeard: state.isHeard)
        }
    }

    /// Tells of entities that changed.
    package func tell(_ keys: some Sequence<[UInt8]>) {
        let listeners = state.withLock { $0.listeners.compactMap(\.value) }
        guard !listeners.isEmpty else { return }
        for key in keys { for listener in listeners { listener.changed(key) } }
    }

    /// Tells that nothing holds any more, and whether changes are heard from now on.
    package func reset(isHeard: Bool) {
        state.withLock { state in
            state.isHeard = isHeard
            for listener in state.listeners { listener.value?.reset(isHeard: isHeard) }
        }
    }
}
