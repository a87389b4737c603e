import Core

extension JinjaInterpreter {
    /// The method `name` of text, a list or a mapping, or nil if there is none.
    func method(_ name: String, of value: JinjaValue) -> JinjaFunction? {
        switch value {
        case .string(let text): textMethod(name, text)
        case .list(let list): listMethod(name, list)
        case .mapping(let mapping): mappingMethod(name, mapping)
        default: nil
        }
    }

    private func textMethod(_ name: String, _ text: String) -> JinjaFunction? {
        let body: ((inout JinjaCall) throws -> JinjaValue)?
        switch name {
        case "upper": body = { _ in .string(text.uppercased()) }
        case "lower": body = { _ in .string(text.lowercased()) }
        case "title": body = { call in .string(call.interpreter.titled(text)) }
        case "capitalize": body = { _ in .string(text.prefix(1).uppercased() + text.dropFirst().lowercased()) }
        case "strip", "lstrip", "rstrip":
            body = { call in
                let signs = call.argument("chars")?.string
                return .string(
                    call.interpreter.trimmed(text, signs: signs, atStart: name != "rstrip", atEnd: name != "lstrip"))
            }
        case "split":
            body = { call in
                guard let separator = call.argument("sep")?.string else {
                    return .list(JinjaList(text.split(whereSeparator: \.isWhitespace).map { .string(String($0)) }))
                }
                guard !separator.isEmpty else { throw call.fault("'split' needs a separator that is not empty") }
                let most = call.argument("maxsplit")?.wholeNumber ?? -1
                let parts = text.split(
                    separator: separator, maxSplits: most < 0 ? .max : most, omittingEmptySubsequences: false)
                return .list(JinjaList(parts.map { .string(String($0)) }))
            }
        case "splitlines":
            body = { _ in
                .list(
                    JinjaList(text.split(separator: "\n", omittingEmptySubsequences: false).map { .string(String($0)) })
                )
            }
        case "replace":
            body = { call in
                let old = try call.text("old")
                return .string(text.replacing(old, with: try call.text("new")))
            }
        case "startswith", "endswith":
            body = { call in
                let argument = try call.required("prefix")
                let choices = argument.string.map { [$0] } ?? argument.elements?.map(\.text) ?? []
                return .bool(choices.contains { name == "startswith" ? text.hasPrefix($0) : text.hasSuffix($0) })
            }
        case "join":
            body = { call in
                guard let elements = try call.required("iterable").elements else {
                    throw call.fault("'join' needs a list")
                }
                return .string(elements.map(\.text).joined(separator: text))
            }
        case "find":
            body = { call in
                let part = try call.text("sub")
                return .integer(
                    text.ranges(of: part).first.map { text.distance(from: text.startIndex, to: $0.lowerBound) } ?? -1)
            }
        case "count":
            body = { call in .integer(text.ranges(of: try call.text("sub")).count) }
        case "isdigit": body = { _ in .bool(!text.isEmpty && text.allSatisfy(\.isNumber)) }
        case "format": body = { call in .string(try Self.format(text, &call)) }
        default: body = nil
        }
        return body.map { JinjaFunction(name: name, body: $0) }
    }

    /// `'{} and {name}'.format(a, name=b)`.
    private static func format(_ text: String, _ call: inout JinjaCall) throws -> String {
        var result = ""
        var rest = text[...]
        var next = 0
        while let character = rest.popFirst() {
            if character == "{" || character == "}", rest.first == character {
                rest.removeFirst()
                result.append(character)
                continue
            }
            guard character == "{" else {
                result.append(character)
                continue
            }
            guard let end = rest.firstIndex(of: "}") else { throw call.fault("'{' in the format is never closed") }
            let field = rest[..<end]
            rest = rest[rest.index(after: end)...]
            var value: JinjaValue?
            if field.isEmpty || Int(field) != nil {
                let position = Int(field) ?? next
                next += 1
                if call.positional.indices.contains(position) { value = call.positional[position] }
            } else {
                value = call.named.first { $0.name == field }?.value
            }
            guard let value else { throw call.fault("the format has no value for '{\(field)}'") }
            result += value.text
        }
        return result
    }

    private func listMethod(_ name: String, _ list: JinjaList) -> JinjaFunction? {
        let body: ((inout JinjaCall) throws -> JinjaValue)?
        switch name {
        case "append":
            body = { call in
                list.items.append(try call.required("item"))
                return .none
            }
        case "extend":
            body = { call in
                list.items += try call.required("items").elements ?? []
                return .none
            }
        case "insert":
            body = { call in
                let place = try call.required("index").wholeNumber ?? 0
                list.items.insert(try call.required("item"), at: min(max(place, 0), list.items.count))
                return .none
            }
        case "remove":
            body = { call in
                let item = try call.required("item")
                if let place = list.items.firstIndex(where: { $0.equals(item) }) { list.items.remove(at: place) }
                return .none
            }
        case "pop":
            body = { call in
                let wish = call.argument("index")?.wholeNumber ?? -1
                let place = wish < 0 ? list.items.count + wish : wish
                guard list.items.indices.contains(place) else { throw call.fault("the list has no element \(wish)") }
                return list.items.remove(at: place)
            }
        case "index":
            body = { call in
                let item = try call.required("item")
                guard let place = list.items.firstIndex(where: { $0.equals(item) }) else {
                    throw call.fault("'\(item.text)' is not in the list")
                }
                return .integer(place)
            }
        case "count":
            body = { call in
                let item = try call.required("item")
                return .integer(list.items.filter { $0.equals(item) }.count)
            }
        case "copy": body = { _ in .list(JinjaList(list.items)) }
        default: body = nil
        }
        return body.map { JinjaFunction(name: name, body: $0) }
    }

    private func mappingMethod(_ name: String, _ mapping: JinjaMapping) -> JinjaFunction? {
        let body: ((inout JinjaCall) throws -> JinjaValue)?
        switch name {
        case "items":
            body = { _ in
                .list(JinjaList(mapping.entries.map { .list(JinjaList([$0.key, $0.value], isTuple: true)) }))
            }
        case "keys": body = { _ in .list(JinjaList(mapping.entries.map(\.key))) }
        case "values": body = { _ in .list(JinjaList(mapping.entries.map(\.value))) }
        case "get":
            body = { call in
                let key = try call.required("key")
                return mapping[key] ?? call.argument("default") ?? .none
            }
        case "update":
            body = { call in
                guard case .mapping(let other) = try call.required("other") else {
                    throw call.fault("'update' needs a mapping")
                }
                for entry in other.entries { mapping[entry.key] = entry.value }
                return .none
            }
        case "setdefault":
            body = { call in
                let key = try call.required("key")
                let fallback = call.argument("default") ?? .none
                if let value = mapping[key] { return value }
                mapping[key] = fallback
                return fallback
            }
        case "pop":
            body = { call in
                let key = try call.required("key")
                let value = mapping[key] ?? call.argument("default") ?? .none
                mapping[key] = nil
                return value
            }
        case "copy": body = { _ in .mapping(JinjaMapping(mapping.entries)) }
        default: body = nil
        }
        return body.map { JinjaFunction(name: name, body: $0) }
    }
}
