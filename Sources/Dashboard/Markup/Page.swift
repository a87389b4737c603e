/// One page: what stands between the frame's navigation and its foot.
struct Page: Sendable {
    /// The places of the navigation.
    enum Section: String, CaseIterable {
        case overview = ""
        case runs
        case experiments
        case data
        case models
        case shoppers
        case versions

        var title: String { self == .overview ? "Overview" : rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
    }

    var title: String
    var section: Section?
    var body: HTML
    /// The HTTP status.
    var status = 200
    /// Whether what is shown is still changing.
    var isLive = false
}

extension Page {
    /// The whole document.
    ///
    /// - Parameters:
    ///   - shop: the shop's name.
    ///   - base: what every link begins with.
    ///   - session: the caller's session; nil for someone without one, who gets no navigation.
    func document(shop: String, base: String, session: Session?) -> HTML {
        let refresh: HTML? = isLive ? "<noscript><meta http-equiv=\"refresh\" content=\"3\"></noscript>" : nil
        let live: HTML? = isLive ? " data-live" : nil
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title) · \(shop) · Martlet</title>
            <link rel="icon" href="\(base)/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="\(base)/style.css">
            <script src="\(base)/live.js" defer></script>
            \(refresh)
            </head>
            <body>
            <a class="skip" href="#main">Skip to the content</a>
            <header class="top"><p class="brand"><a href="\(base)/"><span aria-hidden="true">◆</span> \(shop)</a></p>
            \(session.map { navigation(base: base, session: $0) })</header>
            <main id="main" tabindex="-1"\(live)>
            <h1>\(title)</h1>
            \(body)
            </main>
            <footer><p>Martlet</p></footer>
            </body>
            </html>

            """
    }

    private func navigation(base: String, session: Session) -> HTML {
        let links = Section.allCases.map { place -> HTML in
            let current: HTML? = place == section ? " aria-current=\"page\"" : nil
            return "<li><a href=\"\(base)/\(place.rawValue)\"\(current)>\(place.title)</a></li>"
        }
        let leave: HTML? =
            session.token.map { token in
                """
                <form method="post" action="\(base)/logout"><input type="hidden" name="token" value="\(token)">\
                <button class="plain">Sign out</button></form>
                """
            }
        return "<nav aria-label=\"Pages\"><ul>\(links)</ul></nav>\(leave)"
    }
}

/// Who asks.
struct Session: Sendable {
    /// What a form must carry to be believed; nil for a caller who shows the key itself with each request.
    var token: String?
}
