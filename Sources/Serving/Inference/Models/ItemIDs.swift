import Features
import Pipeline

/// How the ids of a catalogue stand in tensors: as whole numbers where every one of them is the decimal form of one, as
/// texts otherwise.
struct ItemIDs: Sendable {
    private let bundle: ServedBundle
    let type: TensorType

    /// Looks at all ids, unless told how to write them.
    ///
    /// - Throws: an `unavailable` fault if they should be numbers and one is none.
    /// - Complexity: O(bytes of the ids)
    init(_ bundle: ServedBundle, type wish: TensorType?) throws(InferenceFault) {
        self.bundle = bundle
        if wish == .bytes {
            type = .bytes
            return
        }
        let other = (0..<bundle.data.items.count).first { Self.number(bundle.data.items.id($0)) == nil }
        if wish == .int64, let other {
            throw InferenceFault(
                .unavailable, "the item id '\(bundle.data.items.id(other))' is no whole number",
                hint: "write item-ids: bytes under serve.inference")
        }
        type = other == nil ? .int64 : .bytes
    }

    /// The number whose decimal form the text is; nil if there is none.
    static func number(_ id: String) -> Int64? { Int64(id).flatMap { "\($0)" == id ? $0 : nil } }

    /// A tensor of ids; −1, or an empty text, stands for no item.
    func tensor(_ name: String, _ shape: [Int], _ items: [Int32]) -> InferenceTensor {
        if type == .int64 {
            return InferenceTensor(
                name, type, shape, .integers(items.map { $0 < 0 ? -1 : Self.number(bundle.id($0)) ?? -1 }))
        }
        return InferenceTensor(name, type, shape, .texts(items.map { $0 < 0 ? "" : bundle.id($0) }))
    }

    /// The types that requests may name items or users by.
    static let accepted = TensorType.integers.union([.bytes])

    /// The places of items that a request names.
    ///
    /// - Throws: an `invalid` fault for one that there is not.
    func places(_ ids: [String], input: String) throws(InferenceFault) -> [Int32] {
        var places: [Int32] = []
        places.reserveCapacity(ids.count)
        for id in ids {
            guard let place = bundle.data.items.index(of: id) else {
                throw InferenceFault(
                    .invalid, "input '\(input)': there is no item '\(id.prefix(100))'",
                    hint: "ids are case-sensitive and keep their leading zeros")
            }
            places.append(Int32(place))
        }
        return places
    }
}
