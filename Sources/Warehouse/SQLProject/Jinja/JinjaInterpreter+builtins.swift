import Core

extension JinjaInterpreter {
    /// What plain Jinja offers everywhere.
    static var builtins: [String: JinjaValue] {
        [
            "range": .function(
                JinjaFunction(name: "range") { call in
                    let bounds = call.positional.compactMap(\.wholeNumber)
                    guard bounds.count == call.positional.count, (1...3).contains(bounds.count) else {
                        throw call.fault("'range' needs one to three whole numbers")
                    }
                    let step = bounds.count == 3 ? bounds[2] : 1
                    guard step != 0 else { throw call.fault("a range's step cannot be 0") }
                    let values = stride(
                        from: bounds.count == 1 ? 0 : bounds[0], to: bounds.count == 1 ? bounds[0] : bounds[1], by: step
                    )
                    guard values.underestimatedCount <= 100_000 else {
                        throw call.fault("a range may hold 100,000 numbers at most")
                    }
                    return .list(JinjaList(values.map { .integer($0) }))
                }),
            "namespace": .function(
                JinjaFunction(name: "namespace") { call in
                    .object(JinjaNamespace(JinjaMapping(call.named.map { (.string($0.name), $0.value) })))
                }),
            "dict": .function(
                JinjaFunction(name: "dict") { call in
                    let values = JinjaMapping(call.named.map { (.string($0.name), $0.value) })
                    if case .mapping(let base)? = call.positional.first {
                        return .mapping(JinjaMapping(base.entries + values.entries))
                    }
                    return .mapping(values)
                }),
            "set": .function(
                JinjaFunction(name: "set") { call in
                    var seen: Set<String> = []
                    let items = call.positional.first?.elements ?? []
                    return .list(JinjaList(items.filter { seen.insert($0.identity).inserted }))
                }),
            "zip": .function(
                JinjaFunction(name: "zip") { call in
                    let lists = call.positional.compactMap(\.elements)
                    let count = lists.map(\.count).min() ?? 0
                    return .list(
                        JinjaList((0..<count).map { row in .list(JinjaList(lists.map { $0[row] }, isTuple: true)) }))
                }),
            "return": .function(
                JinjaFunction(name: "return") { call in
                    call.interpreter.returned = call.argument("data") ?? .none
                    throw JinjaReturn()
                }),
            "tojson": .function(
                JinjaFunction(name: "tojson") { call in .string(try call.required("value").json.description) }),
        ]
    }
}
