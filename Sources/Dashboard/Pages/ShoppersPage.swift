/// A user: what they did, what they get, and why.
struct ShoppersPage {
    let dashboard: Dashboard

    init(_ dashboard: Dashboard) { self.dashboard = dashboard }

    /// - Parameter user: the user's id; nil asks for one.
    func page(user: String?) async throws -> Page {
        let some = await dashboard.facts.someShoppers()
        let links = some.map { user -> HTML in
            "<li><a href=\"\(dashboard.base)/shoppers?user=\(URLText.encoded(user))\">\(user)</a></li>"
        }
        var body: HTML = """
            <form method="get" action="\(dashboard.base)/shoppers" class="fields" role="search">
            <label for="user">User's id</label><input id="user" name="user" value="\(user ?? "")" required>
            <button>Show</button></form>
            \(links.isEmpty ? nil : "<p class=\"small\">Some who came often:</p><ul class=\"chips\">\(links)</ul>" as HTML)

            """
        guard let user else { return Page(title: "Shoppers", section: .shoppers, body: body) }
        let shopper = try await dashboard.facts.shopper(user)
        if !shopper.isKnown {
            body += """
                <p class="fault">There is no user '\(user)' in the data: ids are compared letter by letter. Below is what an \
                unknown user gets.</p>

                """
        }
        body += list(shopper)
        if let answer = shopper.answer { body += pipeline(answer) }
        if let fault = shopper.answerFault { body += "<p class=\"small\">\(fault).</p>" }
        body += history(shopper)
        return Page(title: "Shopper \(user)", section: .shoppers, body: body)
    }

    private func list(_ shopper: ShopperFacts) -> HTML {
        guard let version = shopper.version else { return "<p>Nothing is published yet.</p>" }
        let rows = shopper.list.enumerated().map { place, entry -> [HTML] in
            [
                "\(place + 1)", link(entry.item), "\(entry.item.id)", "\(Wording.number(entry.score))",
                names(entry.because),
            ]
        }
        return Elements.section(
            "List",
            Elements.table(
                shopper.isFallback
                    ? "What sells: the user has no list of their own in version \(version)"
                    : "Of version \(version); the last column names items of the history to which it is similar",
                columns: ["place", "item", "id", "score", "because of"], numbers: [3], rows: rows,
                empty: "The list is empty."))
    }

    private func names(_ items: [ShownItem]) -> HTML {
        let parts = items.map { item -> HTML in "<li>\(link(item))</li>" }
        return parts.isEmpty ? "" : "<ul class=\"plain\">\(parts)</ul>"
    }

    private func pipeline(_ answer: [ShopperFacts.Recommended]) -> HTML {
        let rows = answer.enumerated().map { place, entry -> [HTML] in
            let reasons = entry.reasons.map { reason -> HTML in "<li>\(reason)</li>" }
            return [
                "\(place + 1)", link(entry.item), "\(Wording.number(entry.score))",
                "<ul class=\"plain\">\(reasons)</ul>",
            ]
        }
        return Elements.section(
            "What the pipeline answers now",
            Elements.table(
                "Each item's way: who proposed it, its score and rank, what moved it",
                columns: ["place", "item", "score", "way"], numbers: [2], rows: rows, empty: "The answer is empty."))
    }

    private func history(_ shopper: ShopperFacts) -> HTML {
        guard shopper.isKnown else { return "" }
        let months = Dictionary(grouping: shopper.history) { Wording.day(Double($0.time)).prefix(7) }
        let bars = months.sorted { $0.key < $1.key }.suffix(14).map { month, contacts in
            (label: String(month), value: Double(contacts.count), shown: "\(contacts.count)")
        }
        let rows = shopper.history.prefix(50).map { contact -> [HTML] in
            [Wording.moment(Double(contact.time)), link(contact.item), "\(contact.item.id)"]
        }
        let part = shopper.contacts > rows.count ? ", the newest \(rows.count) below" : ""
        return Elements.section(
            "History",
            """
            \(bars.count > 1 ? "<div class=\"plots\">\(Elements.figure("Contacts by month", "", BarPlot(title: "Contacts by month", bars: bars).svg))</div>" as HTML : nil)
            \(Elements.table(
                "\(Wording.count(shopper.contacts, "contact")) with items\(part)", columns: ["when", "item", "id"],
                rows: rows, empty: "No contact is known."))
            """)
    }

    private func link(_ item: ShownItem) -> HTML { ItemPage.link(dashboard, item) }
}

/// An item and those like it.
struct ItemPage {
    let dashboard: Dashboard

    init(_ dashboard: Dashboard) { self.dashboard = dashboard }

    /// The item's name as a way to its page.
    static func link(_ dashboard: Dashboard, _ item: ShownItem) -> HTML {
        """
        <a href="\(dashboard.base)/items?id=\(URLText.encoded(item.id))">\(item.title.isEmpty ? item.id : item.title)</a>
        """
    }

    func page(item: String?) async throws -> Page {
        var body: HTML = """
            <form method="get" action="\(dashboard.base)/items" class="fields" role="search">
            <label for="id">Item's id</label><input id="id" name="id" value="\(item ?? "")" required>
            <button>Show</button></form>

            """
        guard let item else { return Page(title: "Items", section: .shoppers, body: body) }
        guard let facts = try await dashboard.facts.item(item) else {
            body +=
                "<p class=\"fault\">There is no item '\(item)' in the live version; ids keep their leading zeros.</p>"
            return Page(title: "Items", section: .shoppers, body: body, status: 404)
        }
        let shown = facts.shown.sorted { $0.key < $1.key }.map { name, value -> [HTML] in ["\(name)", "\(value)"] }
        let similar = facts.similar.enumerated().map { place, entry -> [HTML] in
            ["\(place + 1)", Self.link(dashboard, entry.item), "\(entry.item.id)", "\(Wording.number(entry.score))"]
        }
        body += Elements.section(
            "What is shown of it", Elements.table("Fields", columns: ["field", "value"], rows: shown))
        body += Elements.section(
            "Similar items",
            Elements.table(
                "The most similar first", columns: ["place", "item", "id", "score"], numbers: [3], rows: similar,
                empty: "No similar items are published for it."))
        let title = facts.item.title.isEmpty ? facts.item.id : facts.item.title
        return Page(title: title, section: .shoppers, body: body)
    }
}
