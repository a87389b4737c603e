/// The way in.
enum LoginPage {
    /// Asks for the key.
    static func page(base: String, isWrong: Bool) -> Page {
        let wrong: HTML? = isWrong ? "<p class=\"fault\" role=\"alert\">This is not the key.</p>" : nil
        return Page(
            title: "Sign in",
            body: """
                <p>The dashboard opens with its key: the one that <code>martlet ui</code> printed when it started, or that \
                the server was given in its environment.</p>
                \(wrong)
                <form method="post" action="\(base)/login" class="fields">
                <label for="key">Key</label>
                <input id="key" name="key" type="password" autocomplete="current-password" required>
                <button>Sign in</button>
                </form>
                """, status: 401)
    }
}

/// What went wrong.
enum ProblemPage {
    /// Says what was found and one way on.
    static func page(_ status: Int, _ message: String, hint: String?) -> Page {
        let way: HTML? = hint.map { "<p>\($0.prefix(1).uppercased() + $0.dropFirst()).</p>" }
        return Page(
            title: status == 404 ? "Not found" : "That did not work",
            body: "<p class=\"fault\">\(message.prefix(1).uppercased() + message.dropFirst()).</p>\(way)",
            status: status)
    }
}
