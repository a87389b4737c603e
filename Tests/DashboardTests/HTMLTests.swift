import Dashboard
import Testing

/// What is put into a page stays text.
struct HTMLTests {
    @Test(arguments: [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\" onmouseover=\"x", "&quot; onmouseover=&quot;x"), ("Tom & 'Jerry'", "Tom &amp; &#39;Jerry&#39;"),
        // An accent on the mark makes another character of it, and not of what a browser reads.
        ("\"\u{301} onclick=x", "&quot;\u{301} onclick=x"), ("<\u{301}b", "&lt;\u{301}b"),
    ])
    func textIsEscaped(text: String, expected: String) {
        let html: HTML = "<td title=\"\(text)\">\(text)</td>"
        #expect(html.text == "<td title=\"\(expected)\">\(expected)</td>")
    }

    @Test func markupIsPutInAsItIs() {
        let cells: [HTML] = ["<td>1</td>", "<td>\("<")</td>"]
        let row: HTML = "<tr>\(cells)\(nil as HTML?)</tr>"
        #expect(row.text == "<tr><td>1</td><td>&lt;</td></tr>")
    }

    @Test(arguments: [(0.1234, "0.12 s"), (12.34, "12.3 s"), (192, "3 min 12 s"), (3840, "1 h 4 min"), (-1, "–")])
    func spansAreReadable(seconds: Double, expected: String) {
        #expect(Wording.span(seconds) == expected)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_044_847, "1,044,847"), (-1234, "−1,234")])
    func countsAreGrouped(count: Int, expected: String) {
        #expect(Wording.count(count) == expected)
    }
}
