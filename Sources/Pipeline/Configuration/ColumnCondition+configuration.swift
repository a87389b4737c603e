import Core

extension ColumnCondition {
    /// Reads what stands behind `stock`, `price` or `column`; faults go to the fields' diagnostics.
    ///
    /// ```yaml
    /// filters:
    ///   - stock                                   # the column 'stock' is at least 1
    ///   - price: {from: 5, to: 50}                # the column 'price' lies between
    ///   - column: {name: market, in: [SE, DK]}    # or not-in, is, from, to
    ///   - column: {name: season, is: autumn, missing: keep}
    /// ```
    init(_ kind: String, _ fields: inout ConfigurationFields) {
        let name =
            kind == "column"
            ? fields.required("name", hint: "name a column under 'items.show', or an item feature")
            : fields.string("column", default: kind)
        let wanted = fields.strings("in") + [fields.string("is")].compactMap(\.self)
        let unwanted = fields.strings("not-in")
        var from = fields.number("from")
        let to = fields.number("to")
        let keepsMissing = fields.choice("missing", of: ["drop", "keep"]) == "keep"
        if kind == "stock", from == nil, to == nil { from = 1 }
        let given = [!wanted.isEmpty, !unwanted.isEmpty, from != nil || to != nil].count { $0 }
        if given != 1 {
            fields.diagnostics.report(
                "'\(kind)' asks \(given == 0 ? "nothing" : "several things") of '\(name)'",
                hint: "write one of 'in: […]', 'not-in: […]', or 'from: 1, to: 9'", at: fields.location)
        }
        if let from, let to, from > to {
            fields.diagnostics.report(
                "'\(fields.name(of: "from"))' is above 'to', so that nothing passes", at: fields.location(of: "from"))
        }
        self.init(
            name,
            !wanted.isEmpty
                ? .isOneOf(Set(wanted)) : !unwanted.isEmpty ? .isNoneOf(Set(unwanted)) : .isWithin(from: from, to: to),
            keepsMissing: keepsMissing)
    }
}
