/// A set of items that is emptied in no time: what a loop over users asks millions of times.
struct ItemMarks {
    private var stamps: [Int32]
    /// What marks the items of the set of now.
    private(set) var stamp: Int32 = 0

    /// Makes a set for items `0 ..< count`.
    init(count: Int) { stamps = [Int32](repeating: 0, count: count) }

    /// Empties the set.
    mutating func begin() { stamp += 1 }

    /// Puts an item in.
    mutating func set(_ item: Int32) { stamps[Int(item)] = stamp }

    /// Whether an item is in.
    func has(_ item: Int32) -> Bool { Int(item) < stamps.count && stamps[Int(item)] == stamp }

    /// Whether an item was in when the set had that stamp, and has not been put in since.
    func had(_ item: Int32, _ stamp: Int32) -> Bool { stamps[Int(item)] == stamp }
}
