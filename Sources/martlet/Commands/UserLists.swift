import Core
import Features
import Project

/// The lists of a few users, as the step `recommend` made them.
struct UserLists {
    let text: String
    let json: JSONValue?

    /// Looks the users up.
    ///
    /// - Throws: `notFound` if a user is not in the data, with what that means.
    init(result: RunResult, users: [String], k: Int?) throws {
        guard !users.isEmpty else {
            text = ""
            json = nil
            return
        }
        let made = try RecommendedLists(runner: result.runner, run: result.run)
        var lines = ""
        var members: [String: JSONValue] = [:]
        for user in users {
            let items = try made.list(of: user, k: k)
            lines += "\(user):\n"
            for (place, item) in items.enumerated() {
                lines += "  \(place + 1). \(item.id)  \(item.title ?? "")\n"
            }
            members[user] = .array(items.map { ["item": .string($0.id), "score": .number(Double($0.score))] })
        }
        text = lines
        json = .object(members)
    }
}
