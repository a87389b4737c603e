import Core

/// The categories of a column and their codes: 0 is null, 1 is out of vocabulary, 2 … are the categories, the most
/// frequent first (equal counts by text). Numbers are known by their shortest text: `25.0` and `25` are `25`.
///
/// With hash buckets, what is out of vocabulary has one of the `buckets` codes behind the categories, by its hash,
/// instead of 1.
public final class Vocabulary: Codable, Sendable {
    /// The code of nulls.
    public static let null: Int32 = 0
    /// The code of what is out of vocabulary.
    public static let unknown: Int32 = 1
    /// The code of the first category.
    public static let first: Int32 = 2

    /// How many hash buckets stand behind the categories.
    public let buckets: Int
    private let table: TextTable
    /// Codes of those categories that are whole numbers.
    private let integers: [Int64: Int32]

    /// Takes the categories in the order of their codes; they must differ.
    package init(offsets: Buffer<Int64>, bytes: Buffer<UInt8>, buckets: Int = 0) {
        precondition(buckets >= 0, "there are no negative hash buckets")
        self.buckets = buckets
        table = TextTable(offsets: offsets, bytes: bytes)
        var integers: [Int64: Int32] = [:]
        for number in 0..<table.count where offsets[number + 1] - offsets[number] <= 20 {
            let text = Self.text(number, offsets, bytes)
            if let value = Int64(text), String(value) == text { integers[value] = Int32(number) + Self.first }
        }
        self.integers = integers
    }

    /// Takes the categories in the order of their codes; they must differ.
    public convenience init(_ categories: [String], buckets: Int = 0) {
        guard case .string(let offsets, let bytes) = Column(strings: categories).values else { preconditionFailure() }
        self.init(offsets: offsets, bytes: bytes, buckets: buckets)
    }

    /// How many codes there are: null, unknown, categories, buckets.
    public var cardinality: Int { Int(Self.first) + table.count + buckets }

    /// The categories in the order of their codes.
    public var categories: [String] { (0..<table.count).map { Self.text($0, table.offsets, table.bytes) } }

    /// The code of a text; nil is null.
    public func code(_ text: String?) -> Int32 {
        guard var text else { return Self.null }
        return text.withUTF8 { code(utf8: $0) }
    }

    /// The code of a whole number.
    public func code(_ number: Int64) -> Int32 {
        if let known = integers[number] { return known }
        return buckets == 0 ? Self.unknown : code(String(number))
    }

    /// The code of a number; NaN is null.
    public func code(_ number: Double) -> Int32 {
        if number.isNaN { return Self.null }
        if let whole = Int64(exactly: number) { return code(whole) }
        return code(NumberText.text(number))
    }

    /// The code of a text's UTF-8 bytes.
    package func code(utf8 text: UnsafeBufferPointer<UInt8>) -> Int32 {
        let found = table.find(text)
        if found >= 0 { return found + Self.first }
        guard buckets > 0 else { return Self.unknown }
        let hash = text.baseAddress.map { TextHash.hash($0, text.count) } ?? TextHash.hash("")
        return Self.first + Int32(table.count) + Int32(hash % UInt64(buckets))
    }

    /// What a code stands for; nil for null, unknown and buckets.
    public func category(_ code: Int32) -> String? {
        let number = Int(code - Self.first)
        return (0..<table.count).contains(number) ? Self.text(number, table.offsets, table.bytes) : nil
    }

    private static func text(_ number: Int, _ offsets: Buffer<Int64>, _ bytes: Buffer<UInt8>) -> String {
        String(decoding: bytes.values[Int(offsets[number])..<Int(offsets[number + 1])], as: UTF8.self)
    }

    // MARK: - Saved and loaded

    private enum Key: String, CodingKey { case categories, buckets }

    /// Reads a saved vocabulary.
    public convenience init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let saved = try container.decode(SavedTexts.self, forKey: .categories)
        let buckets = try container.decode(Int.self, forKey: .buckets)
        guard (0...Int(Int32.max) / 2).contains(buckets) else {
            throw MartletError(.corrupted, "a saved vocabulary has \(buckets) hash buckets")
        }
        self.init(offsets: saved.offsets, bytes: saved.bytes, buckets: buckets)
    }

    /// Saves the categories in the order of their codes.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(SavedTexts(offsets: table.offsets, bytes: table.bytes), forKey: .categories)
        try container.encode(buckets, forKey: .buckets)
    }
}
