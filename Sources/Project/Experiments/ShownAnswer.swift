/// An answer of the log with what came of it, users and items as numbers.
struct ShownAnswer: Sendable {
    /// The user's number.
    var user: Int32
    /// When it was given, in microseconds since 1970.
    var time: Int64
    /// The items' numbers, best first.
    var items: [Int32]
    /// How likely each place was, given those above it; 1 where it was not drawn.
    var propensities: [Double]
    /// Whether any place was drawn, and the request left the draw alone.
    var isDrawn: Bool
    /// For each place whose item it is: 0 the first team's, 1 the second's, nothing where nobody shares the answer.
    var teams: [UInt8]
    /// The user's variants, by experiment.
    var variants: [String: String]
    /// The pipelines that were computed beside it.
    var shadows: [Shadow]
    /// Clicks and purchases that are credited to each place.
    var clicks: [UInt16]
    var purchases: [UInt16]

    /// What a pipeline that was not shown would have answered.
    struct Shadow: Sendable {
        var experiment: String
        var items: [Int32]
        /// The probabilities of the shown places under it; nil if nobody can tell.
        var propensities: [Double]?
        /// In seconds.
        var seconds: Double
    }
}

/// Numbers for texts, in the order in which they come.
struct TextNumbers: Sendable {
    private var numbers: [String: Int32] = [:]
    private(set) var texts: [String] = []

    /// The number of a text; a new one for a new text.
    mutating func number(_ text: String) -> Int32 {
        if let number = numbers[text] { return number }
        let number = Int32(texts.count)
        numbers[text] = number
        texts.append(text)
        return number
    }

    /// The number of a text; nil for one that never came.
    func known(_ text: String) -> Int32? { numbers[text] }
}
