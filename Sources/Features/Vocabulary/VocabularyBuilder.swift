import Core

/// Counts categories and makes a ``Vocabulary`` of the frequent ones.
public final class VocabularyBuilder {
    private let texts = TextInterner()
    private var textCounts: [Int] = []
    private var integerCounts: [Int64: Int] = [:]

    /// Makes an empty count.
    public init() {}

    /// Counts all values of a column; nulls are not counted.
    public func count(_ column: FeatureColumn) {
        switch column.values {
        case .text(let column): countTexts(column)
        case .integer(let values), .moment(let values):
            for value in values where value != FeatureColumn.nullInteger { integerCounts[value, default: 0] += 1 }
        case .real(let values):
            for value in values where !value.isNaN {
                if let whole = Int64(exactly: value) {
                    integerCounts[whole, default: 0] += 1
                } else {
                    add(NumberText.text(value), 1)
                }
            }
        case .code(let values): for value in values { integerCounts[Int64(value), default: 0] += 1 }
        }
    }

    private func countTexts(_ column: Column) {
        guard case .string(let offsets, let bytes) = column.values else { preconditionFailure("text is text") }
        withUnsafePointer(to: UInt8(0)) { empty in
            let base = bytes.values.baseAddress ?? empty
            for row in 0..<column.count where !column.isNull(row) {
                add(base + Int(offsets[row]), Int(offsets[row + 1] - offsets[row]), 1)
            }
        }
    }

    private func add(_ text: String, _ times: Int) {
        var text = text
        text.withUTF8 { bytes in
            withUnsafePointer(to: UInt8(0)) { add(bytes.baseAddress ?? $0, bytes.count, times) }
        }
    }

    private func add(_ text: UnsafePointer<UInt8>, _ length: Int, _ times: Int) {
        let number = Int(texts.intern(text, length))
        if number == textCounts.count { textCounts.append(0) }
        textCounts[number] += times
    }

    /// Makes the vocabulary; the builder is used up.
    ///
    /// - Parameters:
    ///   - minimumCount: categories that came less often are out of vocabulary.
    ///   - maximumSize: keep so many of the most frequent; nil keeps all.
    ///   - buckets: hash buckets for what is out of vocabulary.
    /// - Complexity: O(n log n) for n categories
    public func build(minimumCount: Int = 1, maximumSize: Int? = nil, buckets: Int = 0) -> Vocabulary {
        for (value, count) in integerCounts.sorted(by: { $0.key < $1.key }) { add(String(value), count) }
        let kept = (0..<textCounts.count).filter { textCounts[$0] >= minimumCount }
            .sorted { left, right in
                if textCounts[left] != textCounts[right] { return textCounts[left] > textCounts[right] }
                return ByteOrder.precedes(texts[left], texts[right])
            }
            .prefix(maximumSize ?? .max)
        let offsets = GrowableBuffer<Int64>(capacity: kept.count + 1)
        let bytes = GrowableBuffer<UInt8>()
        offsets.append(0)
        for number in kept {
            bytes.append(contentsOf: texts[number])
            offsets.append(Int64(bytes.count))
        }
        return Vocabulary(offsets: offsets.freeze(), bytes: bytes.freeze(), buckets: buckets)
    }
}
