/// The text by which a number is known as a category.
enum NumberText {
    /// Whole numbers without a point, others by the shortest text that reads back as the same number.
    static func text(_ number: Double) -> String {
        if let whole = Int64(exactly: number) { return String(whole) }
        return "\(number)"
    }
}
