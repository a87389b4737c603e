import Core
import Tensor

/// A text column in memory: each row's number among the texts seen so far, −2 where there is none.
final class TextCodes {
    static let null: Int32 = -2

    let texts: TextInterner
    let codes = GrowableBuffer<Int32>()
    /// Whether an empty text is no text, as with ids.
    private let emptyIsNull: Bool

    init(texts: TextInterner = TextInterner(), emptyIsNull: Bool = false) {
        self.texts = texts
        self.emptyIsNull = emptyIsNull
    }

    /// Appends the batches of one group, which must be text.
    ///
    /// All threads look up what is known already; then one adds what is new, in the order of the rows.
    func append(_ columns: [Column]) {
        let total = columns.reduce(0) { $0 + $1.count }
        nonisolated(unsafe) let target = codes.extend(by: total)
        let pieces = BatchPiece.cut(columns)
        let texts = self.texts
        parallelFor(pieces.count) { range, _ in
            for piece in pieces[range] {
                Self.withText(columns[piece.batch]) { offsets, bytes, validity in
                    texts.find(
                        piece.rows, offsets: offsets, bytes: bytes, validity: validity, into: target + piece.start)
                }
            }
        }
        addNew(columns, target)
    }

    private func addNew(_ columns: [Column], _ target: UnsafeMutablePointer<Int32>) {
        var start = 0
        for column in columns {
            Self.withText(column) { offsets, bytes, _ in
                for row in 0..<column.count where target[start + row] == -1 {
                    let first = Int(offsets[row])
                    let length = Int(offsets[row + 1]) - first
                    target[start + row] =
                        length == 0 && emptyIsNull ? Self.null : texts.intern(bytes + first, length)
                }
            }
            start += column.count
        }
    }

    private static func withText(
        _ column: Column, _ body: (UnsafePointer<Int64>, UnsafePointer<UInt8>, UnsafePointer<UInt8>?) -> Void
    ) {
        guard case .string(let offsets, let bytes) = column.values, let bounds = offsets.values.baseAddress else {
            preconditionFailure("the column's type was checked")
        }
        withUnsafePointer(to: UInt8(0)) { empty in
            body(bounds, bytes.values.baseAddress ?? empty, column.validity?.values.baseAddress)
        }
        withExtendedLifetime(column) {}
    }
}
