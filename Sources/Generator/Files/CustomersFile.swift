import Core

/// Writes `customers.csv` in H&M's seven columns.
struct CustomersFile {
    static let header = "customer_id,FN,Active,club_member_status,fashion_news_frequency,age,postal_code\n"

    let world: World

    /// - Returns: the number of bytes.
    func write(to path: String, progress: any ProgressReporting) throws -> Int {
        let users = world.configuration.users
        var written = 0
        try AtomicFile.write(to: path) { piece in
            var text = TextBuffer(capacity: 1 << 21)
            text.append(CustomersFile.header)
            for user in 0..<users {
                append(user, to: &text)
                if text.bytes.count > 1 << 20 {
                    written += text.bytes.count
                    try text.bytes.withUnsafeBytes(piece)
                    text.removeAll()
                    progress.update("write customers.csv", done: user + 1, total: users, unit: "rows", note: "")
                }
            }
            written += text.bytes.count
            try text.bytes.withUnsafeBytes(piece)
        }
        return written
    }

    private func append(_ user: Int, to text: inout TextBuffer) {
        let customers = world.customers
        var stream = Stream(seed: world.configuration.seed, 8, user)
        text.append(hex: customers.identity(user))
        // Those who come often read the news more often.
        let readsNews = stream.uniform() < (customers.activity[user] > 1 ? 0.55 : 0.25)
        text.append(readsNews ? ",1.0" : ",")
        text.append(readsNews && stream.uniform() < 0.95 ? ",1.0" : ",")
        let status = stream.uniform()
        text.append(status < 0.93 ? ",ACTIVE" : status < 0.99 ? ",PRE-CREATE" : status < 0.995 ? ",LEFT CLUB" : ",")
        text.append(readsNews ? ",Regularly" : stream.uniform() < 0.99 ? ",NONE" : ",")
        text.append(",")
        if stream.uniform() > 0.01 { text.append("\(customers.age[user]).0") }
        text.append(",")
        // A few postal codes to a region.
        let place = Int(customers.region[user]) * 8 + stream.index(below: 8)
        var code = Stream(seed: world.configuration.seed, 9, place)
        text.append(hex: (code.word(), code.word(), code.word(), code.word()))
        text.append(byte: 0x0A)
    }
}
