import Core
import Features
import Tensor

/// What the training window says of users and items, in one pass: who had what, since when, and how often.
struct TrainingPast {
    /// The items of every user in time order, with repeats: `U × N`.
    let histories: SparseRows
    /// How many users had each item.
    let popularity: [Int32]
    /// The first moment of each user and each item, in seconds since 1970; nil for one without a row.
    let firstOfUser: [Int64?]
    let firstOfItem: [Int64?]
    /// The last moment of all.
    let last: Int64?

    /// - Complexity: O(rows + users + items)
    init(_ data: InteractionDataset) throws {
        let rows = try data.interactions(.train)
        let (users, items, times) = (rows.users.values, rows.items.values, rows.times.values)
        var ofUser = [Int64](repeating: .max, count: data.users.count)
        var ofItem = [Int64](repeating: .max, count: data.items.count)
        ofUser.withUnsafeMutableBufferPointer { ofUser in
            ofItem.withUnsafeMutableBufferPointer { ofItem in
                for row in 0..<rows.count {
                    ofUser[Int(users[row])] = min(ofUser[Int(users[row])], times[row])
                    ofItem[Int(items[row])] = min(ofItem[Int(items[row])], times[row])
                }
            }
        }
        let histories = try data.history([.train])
        var popularity = [Int32](repeating: 0, count: data.items.count)
        var marks = [Int32](repeating: -1, count: data.items.count)
        popularity.withUnsafeMutableBufferPointer { popularity in
            marks.withUnsafeMutableBufferPointer { marks in
                histories.indices.withUnsafeBufferPointer { indices in
                    for user in 0..<histories.rows {
                        for entry in histories.range(user) where marks[Int(indices[entry])] != Int32(user) {
                            marks[Int(indices[entry])] = Int32(user)
                            popularity[Int(indices[entry])] += 1
                        }
                    }
                }
            }
        }
        self.histories = histories
        self.popularity = popularity
        firstOfUser = ofUser.map { $0 == .max ? nil : $0 }
        firstOfItem = ofItem.map { $0 == .max ? nil : $0 }
        last = times.last
    }

    /// The histories of some users with the moment of each entry, in time order.
    ///
    /// - Complexity: O(rows)
    static func timed(_ users: [Int32], _ data: InteractionDataset) throws -> [[(item: Int32, time: Int64)]] {
        let rows = try data.interactions(.train)
        var place = [Int32](repeating: -1, count: data.users.count)
        for (number, user) in users.enumerated() { place[Int(user)] = Int32(number) }
        var found = [[(item: Int32, time: Int64)]](repeating: [], count: users.count)
        for row in 0..<rows.count {
            let number = place[Int(rows.users.values[row])]
            if number >= 0 { found[Int(number)].append((rows.items.values[row], rows.times.values[row])) }
        }
        return found
    }
}
