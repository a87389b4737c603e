import Core

/// Writes `articles.csv` in H&M's 25 columns.
struct ArticlesFile {
    static let header =
        "article_id,product_code,prod_name,product_type_no,product_type_name,product_group_name,"
        + "graphical_appearance_no,graphical_appearance_name,colour_group_code,colour_group_name,"
        + "perceived_colour_value_id,perceived_colour_value_name,perceived_colour_master_id,"
        + "perceived_colour_master_name,department_no,department_name,index_code,index_name,index_group_no,"
        + "index_group_name,section_no,section_name,garment_group_no,garment_group_name,detail_desc\n"

    let world: World

    /// - Returns: the number of bytes.
    func write(to path: String) throws -> Int {
        let order = world.articles.number.indices.sorted { world.articles.number[$0] < world.articles.number[$1] }
        var random = RandomSource(seed: world.configuration.seed, stream: 3)
        var written = 0
        try AtomicFile.write(to: path) { piece in
            var text = TextBuffer(capacity: 1 << 20)
            text.append(ArticlesFile.header)
            for item in order {
                append(item, to: &text, &random)
                if text.bytes.count > 1 << 20 {
                    written += text.bytes.count
                    try text.bytes.withUnsafeBytes(piece)
                    text.removeAll()
                }
            }
            written += text.bytes.count
            try text.bytes.withUnsafeBytes(piece)
        }
        return written
    }

    private func append(_ item: Int, to text: inout TextBuffer, _ random: inout RandomSource) {
        let articles = world.articles
        let style = world.styles.all[Int(articles.style[item])]
        let section = Taxonomy.sections[style.section]
        let garment = Taxonomy.garments[style.garment]
        let type = garment.types[Int(articles.type[item])]
        let family = Taxonomy.families[Int(articles.family[item])]
        let shade = family.shades[Int(articles.shade[item])]
        let look = Taxonomy.looks[Int(articles.look[item])]
        let value = Taxonomy.values[(shade.code + style.look) % Taxonomy.values.count]
        let word = Taxonomy.words[random.index(below: Taxonomy.words.count)]
        let digits = ArticlesFile.text(articles.number[item])
        let fit = ["relaxed", "regular", "slim", "loose"][random.index(below: 4)]
        let cloth = ["cotton", "jersey", "a soft weave", "recycled polyester", "a viscose blend"][
            random.index(below: 5)]
        let fields: [String] = [
            digits, String(digits.dropFirst().prefix(6)), "\(word) \(type.name.lowercased())", "\(type.number)",
            type.name, garment.productGroup, "\(look.number)", look.name, ArticlesFile.two(shade.code), shade.name,
            "\(value.number)", value.name, "\(family.number)", family.name,
            "\(1000 + section.number * 40 + style.garment)", "\(garment.groupName) \(section.indexName)",
            section.indexCode, section.indexName, "\(section.groupNumber)", section.groupName,
            ArticlesFile.two(section.number), section.name, "\(garment.groupNumber)", garment.groupName,
            "\(type.name) in \(cloth), \(shade.name.lowercased()), with a \(fit) fit.",
        ]
        for (index, field) in fields.enumerated() {
            if index > 0 { text.append(byte: 0x2C) }
            text.append(field: field)
        }
        text.append(byte: 0x0A)
    }

    /// Ten digits with leading zeros.
    static func text(_ number: Int64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
