import Synchronization

/// The text of the `Date` header, made once a second.
final class DateHeader: Sendable {
    private let cached = Mutex((second: 0, text: ""))

    /// The header's value now.
    var text: String {
        let second = UniversalTime.now().seconds
        return cached.withLock { cached in
            if cached.second != second { cached = (second, UniversalTime(seconds: second).header) }
            return cached.text
        }
    }
}
