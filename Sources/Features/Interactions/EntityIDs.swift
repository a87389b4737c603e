import Core
import Synchronization

/// Ids by index, and indices by id.
///
/// The ids lie memory-mapped in the dataset; the table that finds them is built when it is first asked for.
public final class EntityIDs: Sendable {
    private let offsets: Buffer<Int64>
    private let bytes: Buffer<UInt8>
    private let table = Mutex<TextTable?>(nil)

    /// Takes the ids of a text column.
    ///
    /// - Throws: `invalidData` if the column holds no text.
    public init(_ column: Column) throws {
        guard case .string(let offsets, let bytes) = column.values else {
            throw MartletError(.invalidData, "ids are text, found \(column.type.rawValue)")
        }
        self.offsets = offsets
        self.bytes = bytes
    }

    /// How many ids there are.
    public var count: Int { offsets.count - 1 }

    /// The id at `index`.
    public subscript(_ index: Int) -> String {
        String(decoding: utf8(index), as: UTF8.self)
    }

    /// The UTF-8 bytes of the id at `index`; valid while this object lives.
    package func utf8(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes.values[Int(offsets[index])..<Int(offsets[index + 1])])
    }

    /// The ids as a text column.
    public var column: Column { Column(.string(offsets: offsets, bytes: bytes)) }

    /// The index of `id`, or nil if there is none such.
    ///
    /// - Complexity: O(|id|); the first call builds the table, O(count).
    public func index(of id: String) -> Int? {
        var id = id
        return id.withUTF8 { index(ofUTF8: $0) }
    }

    /// The index of the id with these UTF-8 bytes, or nil.
    package func index(ofUTF8 id: UnsafeBufferPointer<UInt8>) -> Int? {
        let found = lookup.find(id)
        return found < 0 ? nil : Int(found)
    }

    /// The finished table, for loops that look up many.
    package var lookup: TextTable {
        table.withLock { table in
            if let table { return table }
            let made = TextTable(offsets: offsets, bytes: bytes)
            table = made
            return made
        }
    }
}
