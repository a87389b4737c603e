/// The keys of a published version's namespace.
enum ListKey {
    /// A user's list.
    static let user = Array("u:".utf8)
    /// The items similar to an item.
    static let similar = Array("i:".utf8)
    /// The fallback of a segment.
    static let fallback = Array("s:".utf8)
    /// A run of the catalogue: 8 hexadecimal digits follow.
    static let catalogue = Array("c:".utf8)
    /// The names of all segments, a JSON array.
    static let segments = Array("x:segments".utf8)

    static func user(_ id: String) -> [UInt8] { key(user, id) }
    static func similar(_ id: String) -> [UInt8] { key(similar, id) }
    static func fallback(_ segment: String) -> [UInt8] { key(fallback, segment) }
    static func catalogue(chunk: Int) -> [UInt8] { key(catalogue, String(hexadecimal(UInt64(chunk)).suffix(8))) }

    private static func key(_ prefix: [UInt8], _ id: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(prefix.count + id.utf8.count)
        bytes.append(contentsOf: prefix)
        bytes.append(contentsOf: id.utf8)
        return bytes
    }
}
