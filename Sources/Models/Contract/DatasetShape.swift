import Core
import Features

/// What a model must know of the dataset that it was fitted on, to refuse another.
package struct DatasetShape: Sendable, Equatable {
    /// Users with training interactions; their indices come first.
    package var trainedUsers: Int
    /// Items with training interactions; their indices come first.
    package var trainedItems: Int
    /// The windows that the model learned from.
    package var windows: [Window]

    package init(_ data: InteractionDataset, windows: [Window]) {
        trainedUsers = data.users.trainedCount
        trainedItems = data.items.trainedCount
        self.windows = windows
    }

    package var json: JSONValue {
        [
            "trained-users": .integer(Int64(trainedUsers)), "trained-items": .integer(Int64(trainedItems)),
            "windows": .array(windows.map { .string($0.rawValue) }),
        ]
    }

    package init(json: JSONValue) throws {
        guard let users = json["trained-users"]?.integer, let items = json["trained-items"]?.integer,
            users >= 0, items >= 0, let windows = json["windows"]?.array
        else { throw MartletError(.corrupted, "the model does not say what dataset it was fitted on") }
        trainedUsers = users
        trainedItems = items
        self.windows = windows.compactMap { $0.string.flatMap(Window.init(rawValue:)) }
    }

    /// - Throws: `invalidData` if `data` has another index space than the one the model was fitted on.
    package func check(_ data: InteractionDataset) throws {
        guard data.users.trainedCount == trainedUsers, data.items.trainedCount == trainedItems else {
            throw MartletError(
                .invalidData,
                "the model was fitted on \(trainedUsers) users and \(trainedItems) items, the dataset has "
                    + "\(data.users.trainedCount) and \(data.items.trainedCount)",
                hint: "use the dataset that the model was trained on, or train it again")
        }
    }
}

/// The error of a model that is asked before it was fitted.
func notFitted(_ kind: String) -> MartletError {
    MartletError(.invalidData, "the \(kind) model was not fitted yet", hint: "call fit, or load a saved model")
}

/// Checks indices of users (which may be −1: unknown) or items.
///
/// - Throws: `invalidData` naming the first index that lies outside.
func checkIndices(_ indices: [Int32], in range: Range<Int>, of what: String) throws {
    if let index = indices.first(where: { !range.contains(Int($0)) }) {
        throw MartletError(
            .invalidData, "there is no \(what) \(index)",
            hint: "indices run from \(range.lowerBound) to \(range.upperBound - 1)")
    }
}
