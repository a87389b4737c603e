import Core

/// An expression with the place where it stands.
struct JinjaExpression: Sendable {
    /// What the expression is.
    indirect enum Kind: Sendable {
        case none
        case bool(Bool)
        case integer(Int)
        case real(Double)
        case string(String)
        case name(String)
        case list([JinjaExpression], isTuple: Bool)
        case mapping([(key: JinjaExpression, value: JinjaExpression)])
        case attribute(JinjaExpression, String)
        case subscripted(JinjaExpression, JinjaExpression)
        case slice(JinjaExpression, from: JinjaExpression?, to: JinjaExpression?, step: JinjaExpression?)
        case call(JinjaExpression, [JinjaArgument])
        case filter(JinjaExpression, String, [JinjaArgument])
        case test(JinjaExpression, String, [JinjaExpression], isNegated: Bool)
        case negative(JinjaExpression)
        case positive(JinjaExpression)
        case not(JinjaExpression)
        case and(JinjaExpression, JinjaExpression)
        case or(JinjaExpression, JinjaExpression)
        case binary(String, JinjaExpression, JinjaExpression)
        /// `a < b <= c`: each neighbouring pair is compared.
        case comparison(JinjaExpression, [(sign: String, right: JinjaExpression)])
        case conditional(JinjaExpression, condition: JinjaExpression, otherwise: JinjaExpression?)
    }

    var kind: Kind
    var location: SourceLocation
}

/// An argument of a call, by position or by name.
struct JinjaArgument: Sendable {
    /// How the argument is handed over: alone, or a list (`*`) or mapping (`**`) that is spread out.
    enum Spread: Sendable { case none, list, mapping }

    var name: String?
    var value: JinjaExpression
    var spread: Spread = .none
}

/// A macro's parameter with its default.
struct JinjaParameter: Sendable {
    var name: String
    var defaultValue: JinjaExpression?
}

/// `{% macro name(parameters) %}…{% endmacro %}`; a `test` block is a macro named `test_…`.
struct JinjaMacro: Sendable {
    var name: String
    var parameters: [JinjaParameter]
    var body: [JinjaStatement]
    var location: SourceLocation
}

/// What a template does, one step after the other.
indirect enum JinjaStatement: Sendable {
    case text(String, SourceLocation)
    case output(JinjaExpression)
    case branch([(condition: JinjaExpression, body: [JinjaStatement])], otherwise: [JinjaStatement])
    case loop(
        targets: [String], sequence: JinjaExpression, condition: JinjaExpression?, body: [JinjaStatement],
        otherwise: [JinjaStatement], SourceLocation)
    /// `set a = …`, `set a, b = …` or `set namespace.a = …`.
    case set(targets: [JinjaExpression], value: JinjaExpression)
    case setBlock(
        target: String, filters: [(name: String, arguments: [JinjaArgument])], body: [JinjaStatement], SourceLocation)
    case macro(JinjaMacro)
    case callBlock(JinjaMacro, call: JinjaExpression)
    case run(JinjaExpression)
}
