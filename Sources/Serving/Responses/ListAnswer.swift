import Hummingbird
import NIOCore
import Stores

/// One list on its way into JSON: whose it is, what is in it, and whether it is a stand-in.
struct ListAnswer {
    /// `user` or `item`.
    var subjectName: StaticString
    /// The user's or item's id.
    var subject: String
    /// The items and scores.
    var entry: ListEntry
    /// Why the list is not the subject's own; nil if it is.
    var fallback: Fallback?
    /// The segment whose list stands in; nil for everyone's.
    var segment: String?

    /// The places in `entry` that go into the answer, best first.
    private func chosen(_ query: ListQuery, from version: ServedVersion) -> some Sequence<Int> {
        let excluded = query.excluded
        let catalogue = version.snapshot.catalogue
        return entry.items.indices.lazy.filter { place in
            let item = Int(entry.items[place])
            return item < catalogue.count && (excluded.isEmpty || !excluded.contains(catalogue.id(item)))
        }.prefix(query.k)
    }

    /// Appends `{"user":"…","items":[{"item":…,"score":…},…],"fallback":"popularity","reason":"…"` to `buffer`, and
    /// the version's stamp, if wanted, and the closing brace.
    func write(to buffer: inout ByteBuffer, query: ListQuery, version: ServedVersion, stamped: Bool) {
        // An upper bound, so that one allocation is enough and writing needs no checks.
        var bound = 128 + ByteCursor.longestQuoted(subject.utf8.count) + version.stamp.count
        bound += segment.map { ByteCursor.longestQuoted($0.utf8.count) } ?? 0
        for place in chosen(query, from: version) {
            bound += (version.catalogue.fragment(entry.items[place])?.count ?? 0) + ByteCursor.longestNumber + 2
        }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { memory in
            var cursor = ByteCursor(memory.baseAddress!)
            cursor.literal("{\"")
            cursor.literal(subjectName)
            cursor.literal("\":")
            cursor.quoted(subject)
            cursor.literal(",\"items\":[")
            var isFirst = true
            for place in chosen(query, from: version) {
                guard let fragment = version.catalogue.fragment(entry.items[place]) else { continue }
                if !isFirst { cursor.byte(UInt8(ascii: ",")) }
                isFirst = false
                cursor.copy(fragment)
                cursor.number(entry.scores[place])
                cursor.byte(UInt8(ascii: "}"))
            }
            cursor.byte(UInt8(ascii: "]"))
            if let fallback {
                cursor.literal(",\"fallback\":\"popularity\",\"reason\":")
                cursor.quoted(fallback.reason)
                if let segment {
                    cursor.literal(",\"segment\":")
                    cursor.quoted(segment)
                }
            }
            if stamped {
                cursor.byte(UInt8(ascii: ","))
                version.stamp.withUnsafeBytes { cursor.copy($0) }
            }
            cursor.byte(UInt8(ascii: "}"))
            return cursor.count
        }
    }

    /// The whole answer to a request for one list.
    func response(_ query: ListQuery, version: ServedVersion) -> Response {
        var buffer = ByteBuffer()
        write(to: &buffer, query: query, version: version, stamped: true)
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: buffer))
    }
}
