/// Keys and values in one piece of memory: what bulk writes and scans hand over, without an allocation per entry.
public struct KeyValueBatch: Sendable {
    /// Key, value, key, value, … one after the other.
    private var bytes: [UInt8] = []
    /// Where each entry's key ends and its value ends.
    private var ends: [(key: Int, value: Int)] = []

    /// Makes an empty batch.
    public init() {}

    /// Makes a batch of `entries`.
    public init(_ entries: [(key: [UInt8], value: [UInt8])]) {
        for entry in entries { append(key: entry.key, value: entry.value) }
    }

    /// How many entries there are.
    public var count: Int { ends.count }

    /// Whether there is no entry.
    public var isEmpty: Bool { ends.isEmpty }

    /// How many bytes keys and values take together.
    public var byteCount: Int { bytes.count }

    /// Makes room for `entries` more entries of `bytes` bytes together.
    public mutating func reserve(entries: Int, bytes: Int) {
        ends.reserveCapacity(ends.count + entries)
        self.bytes.reserveCapacity(self.bytes.count + bytes)
    }

    /// Adds an entry.
    public mutating func append(key: [UInt8], value: [UInt8]) {
        bytes.append(contentsOf: key)
        let keyEnd = bytes.count
        bytes.append(contentsOf: value)
        ends.append((keyEnd, bytes.count))
    }

    /// Adds an entry from memory that is only borrowed.
    public mutating func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: key)
        let keyEnd = bytes.count
        bytes.append(contentsOf: value)
        ends.append((keyEnd, bytes.count))
    }

    /// Adds an entry whose key and value the closures append to the batch's own memory.
    mutating func append(key: (inout [UInt8]) -> Void, value: (inout [UInt8]) -> Void) {
        key(&bytes)
        let keyEnd = bytes.count
        value(&bytes)
        ends.append((keyEnd, bytes.count))
    }

    /// The key of entry `index`, copied.
    public func key(_ index: Int) -> [UInt8] { Array(bytes[start(of: index)..<ends[index].key]) }

    /// The value of entry `index`, copied.
    public func value(_ index: Int) -> [UInt8] { Array(bytes[ends[index].key..<ends[index].value]) }

    /// Hands each entry's key and value to `body` without copying; the pointers are valid during the call.
    public func forEach(_ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Void)
        rethrows
    {
        try bytes.withUnsafeBytes { all in
            var start = 0
            for end in ends {
                try body(
                    UnsafeRawBufferPointer(rebasing: all[start..<end.key]),
                    UnsafeRawBufferPointer(rebasing: all[end.key..<end.value]))
                start = end.value
            }
        }
    }

    /// Hands the key and value of entry `index` to `body` without copying.
    func withEntry<Result>(
        _ index: Int, _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes { all in
            let end = ends[index]
            return try body(
                UnsafeRawBufferPointer(rebasing: all[start(of: index)..<end.key]),
                UnsafeRawBufferPointer(rebasing: all[end.key..<end.value]))
        }
    }

    /// Removes all entries and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    private func start(of index: Int) -> Int { index == 0 ? 0 : ends[index - 1].value }
}
