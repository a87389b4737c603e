import Evaluation

/// A piece of HTML whose parts are escaped as they are put in.
///
/// ```swift
/// let cell: HTML = "<td>\(item.title)</td>"   // a title with <script> in it stays text
/// ```
///
/// Text is escaped, other HTML is put in as it is, and nothing else can be put in: what a shop calls its items never
/// becomes markup.
package struct HTML: ExpressibleByStringInterpolation, Sendable {
    /// The markup.
    package private(set) var text: String

    package init(stringLiteral value: String) { text = value }

    package init(stringInterpolation interpolation: StringInterpolation) { text = interpolation.text }

    /// Takes markup that was escaped where it was made.
    init(trusted text: String) { self.text = text }

    static let empty: HTML = ""

    static func + (left: HTML, right: HTML) -> HTML { HTML(trusted: left.text + right.text) }

    static func += (left: inout HTML, right: HTML) { left.text += right.text }

    package struct StringInterpolation: StringInterpolationProtocol {
        var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(2 * literalCapacity) }

        package mutating func appendLiteral(_ literal: String) { text += literal }
        package mutating func appendInterpolation(_ value: String) { text += escaped(value) }
        package mutating func appendInterpolation(_ value: Int) { text += String(value) }
        package mutating func appendInterpolation(_ value: HTML) { text += value.text }
        package mutating func appendInterpolation(_ value: HTML?) { text += value?.text ?? "" }
        package mutating func appendInterpolation(_ values: [HTML]) { for value in values { text += value.text } }
        /// A coordinate of a drawing, to a tenth of a pixel.
        package mutating func appendInterpolation(_ value: Double) { text += fixed(value, digits: 1).replacingMinus() }
    }
}

extension String {
    /// `fixed` writes a typographic minus, which no drawing understands.
    fileprivate func replacingMinus() -> String {
        first == "−" ? "-" + dropFirst() : self
    }
}
