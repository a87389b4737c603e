import Core
import Stores
import Warehouse

/// The SQL that reads a view's source, written so that DuckDB, PostgreSQL and Snowflake all take it.
struct FeatureQueries {
    let dialect: Dialect

    /// The newest row of every entity whose moment lies in a range; of several of one moment, the one that was written
    /// last.
    ///
    /// A row that came late, with a moment before the range and written within it, counts as well where the source says
    /// when rows were written.
    func newest(of view: FeatureView, source: FeatureSource, from: FeatureTimestamp?, to: FeatureTimestamp) -> String {
        let keys = view.joinKeys.map(dialect.quote)
        let moment = dialect.quote(source.timestamp)
        var ranges = "\(moment) <= \(literal(to))"
        if let from {
            var lower = "\(moment) >= \(literal(from))"
            if let created = source.created.map(dialect.quote) {
                lower = "(\(lower) or \(created) >= \(literal(from)))"
            }
            ranges += " and \(lower)"
        }
        let known = keys.map { " and \($0) is not null" }.joined()
        let columns = keys + [moment] + view.fields.map { dialect.quote($0.name) }
        return """
            select \(list(columns))
            from (
              select \(list(columns)),
                row_number() over (partition by \(list(keys)) order by \(order(source))) as martlet_place
              from \(table(source))
              where \(ranges)\(known)
            ) martlet_newest
            where martlet_place = 1
            """
    }

    /// The rows of a table of entities and moments, each with the features that were known at its moment.
    ///
    /// Of the rows of a view's source that were true by the moment, not older than the view's time to live, and written
    /// by then where the source says when, the newest counts. Each view is looked up once for every pair of entity and
    /// moment, however often it stands in the table.
    ///
    /// - Parameters:
    ///   - entities: the table's name; all its columns are in the answer.
    ///   - timestamp: its column of moments.
    ///   - features: the wanted features by view, each with the name that the answer gives it.
    func training(
        entities: String, timestamp: String, features: [(view: FeatureView, fields: [(field: String, name: String)])]
    ) -> String {
        let at = dialect.quote(timestamp)
        var parts: [String] = []
        var joins = ""
        var columns = ["martlet_entities.*"]
        for (index, entry) in features.enumerated() {
            guard let source = entry.view.source else { continue }
            let keys = entry.view.joinKeys.map(dialect.quote)
            let name = "martlet_view_\(index)"
            let moment = "martlet_source.\(dialect.quote(source.timestamp))"
            var conditions = keys.map { "martlet_source.\($0) = martlet_asked.\($0)" }
            conditions.append("\(moment) <= martlet_asked.martlet_at")
            if let ttl = entry.view.ttl {
                conditions.append("\(moment) >= martlet_asked.martlet_at - interval '\(Self.seconds(ttl)) seconds'")
            }
            if let created = source.created {
                conditions.append("martlet_source.\(dialect.quote(created)) <= martlet_asked.martlet_at")
            }
            let asked = keys.map { "martlet_asked.\($0)" }
            let values = entry.fields.enumerated().map { place, field in
                "martlet_source.\(dialect.quote(field.field)) as martlet_value_\(place)"
            }
            parts.append(
                """
                \(name) as (
                  select * from (
                    select \(list(asked)), martlet_asked.martlet_at, \(list(values)),
                      row_number() over (
                        partition by \(list(asked)), martlet_asked.martlet_at
                        order by \(order(source, table: "martlet_source."))
                      ) as martlet_place
                    from (select distinct \(list(keys)), \(at) as martlet_at from \(path(entities))) martlet_asked
                    join \(table(source)) martlet_source on \(conditions.joined(separator: " and "))
                  ) martlet_ranked
                  where martlet_place = 1
                )
                """)
            let equal = keys.map { "\(name).\($0) = martlet_entities.\($0)" }
            joins +=
                "\nleft join \(name) on \(equal.joined(separator: " and ")) and \(name).martlet_at = martlet_entities.\(at)"
            columns += entry.fields.enumerated().map { place, field in
                "\(name).martlet_value_\(place) as \(dialect.quote(field.name))"
            }
        }
        let with = parts.isEmpty ? "" : "with \(parts.joined(separator: ",\n"))\n"
        return "\(with)select \(list(columns))\nfrom \(path(entities)) martlet_entities\(joins)"
    }

    /// One row of counts on a source: rows, rows without a moment, rows of the future, the newest moment, rows without a
    /// key, and for each feature the rows without a value.
    func health(of view: FeatureView, source: FeatureSource, now: FeatureTimestamp) -> String {
        let moment = dialect.quote(source.timestamp)
        let keyless = view.joinKeys.map { "\(dialect.quote($0)) is null" }.joined(separator: " or ")
        var counts = [
            "count(*)", count("\(moment) is null"), count("\(moment) > \(literal(now))"), "max(\(moment))",
            count(keyless),
        ]
        counts += view.fields.map { count("\(dialect.quote($0.name)) is null") }
        let named = counts.enumerated().map { "\($1) as martlet_count_\($0)" }
        return "select \(list(named)) from \(table(source))"
    }

    /// How many rows have a twin: another row of the same entity and moment, written in the same moment too where the
    /// source says when.
    func duplicates(of view: FeatureView, source: FeatureSource) -> String {
        let columns = (view.joinKeys + [source.timestamp] + [source.created].compactMap(\.self)).map(dialect.quote)
        return """
            select coalesce(sum(martlet_rows - 1), 0) as martlet_twins
            from (select count(*) as martlet_rows from \(table(source)) group by \(list(columns))) martlet_groups
            """
    }

    // MARK: - Pieces

    func path(_ table: String) -> String { dialect.quote(table.split(separator: ".").map(String.init)) }

    private func table(_ source: FeatureSource) -> String { path(source.table) }

    private func list(_ columns: [String]) -> String { columns.joined(separator: ", ") }

    private func count(_ condition: String) -> String { "sum(case when \(condition) then 1 else 0 end)" }

    private func order(_ source: FeatureSource, table: String = "") -> String {
        list(
            [source.timestamp, source.created].compactMap(\.self).map {
                "\(table)\(dialect.quote($0)) desc"
            })
    }

    /// A moment as SQL writes it, to the microsecond.
    func literal(_ moment: FeatureTimestamp) -> String {
        var text = FeatureTimestamp(microseconds: moment.microseconds).text
        text.removeLast()
        let spaced = text.split(separator: "T").joined(separator: " ")
        return "cast(\(dialect.literal(spaced)) as \(dialect.name(of: .timestamp)))"
    }

    private static func seconds(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}
