import Features
import Stores

/// A user of a request as the stages see them: what was learned of them before, and what they did since.
struct Visitor: Sendable {
    /// An item that the user met.
    struct Contact: Sendable, Equatable {
        var item: Int32
        var kind: Event.Kind
        /// In seconds since 1970.
        var time: Int64
    }

    /// The id as the shop writes it.
    let id: String
    /// The index in the dataset; −1 if it was never seen there.
    let index: Int32
    /// What the user did, the oldest first.
    let contacts: [Contact]
    /// Which of them the models take for the history: those of the kinds that they learned from.
    let history: [Contact]
    /// The most recent of the contacts that came from events; nil if none did.
    let latestEvent: Int64?

    /// Looks a user up and puts what events tell behind what the bundle knows.
    ///
    /// An event that the bundle's history holds already (the same item at the same second) counts once.
    ///
    /// - Parameters:
    ///   - context: items that the visitor looks at now.
    ///   - now: the moment of the request on the bundle's clock, in seconds since 1970.
    /// - Complexity: O(history + events)
    init(_ request: PipelineRequest, bundle: ServedBundle, activity: UserActivity, now: Int64) {
        id = request.user
        index = Int32(bundle.data.users.index(of: request.user) ?? -1)
        var contacts = bundle.histories.contacts(of: index)
        let known =
            activity.recent.isEmpty
            ? [] : Set(contacts.suffix(64).map { HistoryKey(item: $0.item, time: $0.time) })
        var latest: Int64?
        for event in activity.recent.reversed() where event.kind != .impression {
            // Events carry the wall's clock.
            let time = event.time / 1_000_000 - bundle.manifest.clockOffset
            guard let item = bundle.data.items.index(of: event.item).map(Int32.init),
                !known.contains(HistoryKey(item: item, time: time))
            else { continue }
            contacts.append(Contact(item: item, kind: event.kind, time: time))
            latest = max(latest ?? time, time)
        }
        for item in request.context {
            guard let item = bundle.data.items.index(of: item).map(Int32.init) else { continue }
            contacts.append(Contact(item: item, kind: .view, time: now))
        }
        if latest != nil || !request.context.isEmpty { contacts.sort { $0.time < $1.time } }
        self.contacts = contacts
        let learned = bundle.learnedKinds
        history = contacts.filter { learned.contains($0.kind) }
        latestEvent = latest
    }

    private struct HistoryKey: Hashable {
        var item: Int32
        var time: Int64
    }
}
