import NIOCore
import Stores

/// One list on its way into JSON: whose it is, what was asked for, and whether it is a stand-in.
struct ListAnswer {
    /// `user` or `item`.
    var subjectName: StaticString
    /// The user's or item's id.
    var subject: String
    /// What was asked for.
    var query: ListQuery
    /// The version that answers.
    var version: ServedVersion
    /// Whether the version's stamp is part of the answer.
    var isStamped = true
    /// Why the list is not the subject's own; nil if it is.
    var fallback: Fallback?
    /// The segment whose list stands in; nil for everyone's.
    var segment: String?

    /// Appends `{"user":"…","items":[{"item":…,"score":…},…],"fallback":"popularity","reason":"…"` to `buffer`, and
    /// the version's stamp, if wanted, and the closing brace.
    ///
    /// - Parameter list: items as places in the version's catalogue, and scores, best first; it is read once.
    func write(_ list: some Collection<(item: UInt32, score: Float)>, to buffer: inout ByteBuffer) {
        let catalogue = version.catalogue
        // An upper bound, so that one allocation is enough and writing needs no checks.
        let bound =
            128 + ByteCursor.longestQuoted(subject.utf8.count) + version.stamp.count
            + (segment.map { ByteCursor.longestQuoted($0.utf8.count) } ?? 0)
            + min(query.k, list.count) * (catalogue.longestFragment + ByteCursor.longestNumber + 2)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { memory in
            var cursor = ByteCursor(memory.baseAddress!)
            cursor.literal("{\"")
            cursor.literal(subjectName)
            cursor.literal("\":")
            cursor.quoted(subject)
            cursor.literal(",\"items\":[")
            writeItems(list, to: &cursor)
            cursor.byte(UInt8(ascii: "]"))
            if let fallback {
                cursor.literal(",\"fallback\":\"popularity\",\"reason\":")
                cursor.quoted(fallback.reason)
                if let segment {
                    cursor.literal(",\"segment\":")
                    cursor.quoted(segment)
                }
            }
            if isStamped {
                cursor.byte(UInt8(ascii: ","))
                version.stamp.withUnsafeBytes { cursor.copy($0) }
            }
            cursor.byte(UInt8(ascii: "}"))
            return cursor.count
        }
    }

    /// Writes the first `k` items that are not excluded.
    private func writeItems(_ list: some Collection<(item: UInt32, score: Float)>, to cursor: inout ByteCursor) {
        let catalogue = version.catalogue
        var left = query.k
        for (item, score) in list {
            if left == 0 { return }
            guard let fragment = catalogue.fragment(item), !isExcluded(item) else { continue }
            if left < query.k { cursor.byte(UInt8(ascii: ",")) }
            left -= 1
            cursor.copy(fragment)
            cursor.number(score)
            cursor.byte(UInt8(ascii: "}"))
        }
    }

    private func isExcluded(_ item: UInt32) -> Bool {
        guard !query.excluded.isEmpty || query.allowed != nil else { return false }
        let id = version.snapshot.catalogue.id(Int(item))
        return query.excluded.contains(id) || query.allowed?.contains(id) == false
    }
}
