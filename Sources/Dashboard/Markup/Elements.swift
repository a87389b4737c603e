/// Pieces that several pages are made of.
enum Elements {
    /// A table with a caption, in a box that scrolls sideways by itself.
    ///
    /// - Parameters:
    ///   - caption: what the table tells.
    ///   - columns: the headings; those in `numbers` are aligned to the right.
    ///   - rows: the cells of each row, the first of which heads it.
    static func table(
        _ caption: String, columns: [HTML], numbers: Set<Int> = [], rows: [[HTML]], empty: String = "Nothing yet."
    ) -> HTML {
        guard !rows.isEmpty else { return "<p class=\"small\">\(empty)</p>" }
        func alignment(_ column: Int) -> HTML { numbers.contains(column) ? " class=\"number\"" : "" }
        let heads = columns.enumerated().map { column, title -> HTML in
            "<th scope=\"col\"\(alignment(column))>\(title)</th>"
        }
        let lines = rows.map { cells -> HTML in
            let parts = cells.enumerated().map { column, cell -> HTML in
                column == 0
                    ? "<th scope=\"row\"\(alignment(column))>\(cell)</th>" : "<td\(alignment(column))>\(cell)</td>"
            }
            return "<tr>\(parts)</tr>\n"
        }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(caption)"><table class="list"><caption>\(caption)</caption>
            <thead><tr>\(heads)</tr></thead><tbody>
            \(lines)</tbody></table></div>
            """
    }

    /// Numbers that should be seen first, side by side.
    static func headline(_ label: String, _ facts: [(label: String, value: HTML, note: HTML?)]) -> HTML {
        let cells = facts.map { fact -> HTML in
            let note: HTML? = fact.note.map { "<p class=\"small\">\($0)</p>" }
            return "<div><p class=\"label\">\(fact.label)</p><p class=\"big\">\(fact.value)</p>\(note)</div>\n"
        }
        return "<section class=\"headline\" aria-label=\"\(label)\">\n\(cells)</section>\n"
    }

    /// A state as a word in its colour; the word says it too.
    static func state(_ word: String) -> HTML {
        let kind =
            switch word {
            case "finished", "reused", "ok", "pass", "passed", "healthy", "live": "good"
            case "failed", "fail", "error", "unhealthy": "bad"
            case "running": "busy"
            case "warn", "warning", "interrupted", "cancelled": "warn"
            default: "idle"
            }
        return "<span class=\"state \(kind)\">\(word)</span>"
    }

    /// A section with its heading.
    static func section(_ title: String, _ body: HTML) -> HTML { "<section><h2>\(title)</h2>\n\(body)</section>\n" }

    /// A drawing with its caption.
    static func figure(_ caption: String, _ note: String = "", _ drawing: HTML) -> HTML {
        let explained: HTML? = note.isEmpty ? nil : "<span>\(note)</span>"
        return """
            <figure><figcaption>\(caption)\(explained)</figcaption><div class="scroll" tabindex="0" role="region" \
            aria-label="\(caption)">\(drawing)</div></figure>
            """
    }

    /// Long text that is shown on demand.
    static func details(_ summary: String, id: String, _ body: HTML) -> HTML {
        "<details id=\"\(id)\"><summary>\(summary)</summary>\(body)</details>\n"
    }
}
