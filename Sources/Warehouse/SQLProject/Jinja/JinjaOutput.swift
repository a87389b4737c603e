import Core

/// The text a template has written, and for each of its lines the place in the template that it came from.
struct JinjaOutput: Sendable {
    private(set) var text = ""
    /// The origin of each line of `text`; nil for a line nobody wrote anything on.
    private(set) var origins: [SourceLocation?] = [nil]

    /// Appends `piece`. Text that stands in the template as it is counts its lines on; a value's lines all come from
    /// where the value is written.
    mutating func write(_ piece: String, from location: SourceLocation, isVerbatim: Bool) {
        guard !piece.isEmpty else { return }
        text += piece
        var line = location.line
        var isFirst = true
        for part in piece.split(separator: "\n", omittingEmptySubsequences: false) {
            if !isFirst {
                if isVerbatim { line += 1 }
                origins.append(nil)
            }
            // The first writer of a line that is more than blanks owns it.
            let isBlank = part.allSatisfy { $0 == " " || $0 == "\t" || $0 == "\r" }
            if origins[origins.count - 1] == nil, !isBlank {
                let column = isFirst ? location.column : 1
                origins[origins.count - 1] = SourceLocation(
                    file: location.file, line: line, column: isVerbatim ? column : location.column)
            }
            isFirst = false
        }
    }
}
