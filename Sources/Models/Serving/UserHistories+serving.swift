import Core
import Features

extension UserHistories {
    /// The last entries of a user, the oldest first.
    package func contacts(of user: Int32, last count: Int) -> [(item: Int32, time: Int64)] {
        entries(of: user).suffix(count).map { (items[$0], times[$0]) }
    }
}
