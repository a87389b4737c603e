import Core
import FoundationEssentials

/// A flow as it is written down: steps that return values, and what comes behind what.
///
/// ```swift
/// var flow = FlowDefinition("squares")
/// let numbers = flow.step("numbers") { _ in [1, 2, 3] }
/// let squares = flow.fanOut("square", over: numbers) { number, _ in number * number }
/// flow.step("sum", after: [squares]) { try $0.branches(of: squares).map(\.value).reduce(0, +) }
/// let summary = try await FlowRunner(store: store).run(flow.graph())
/// ```
public struct FlowDefinition: Sendable {
    /// The flow's name.
    public let name: String
    /// The steps so far.
    public private(set) var steps: [Step] = []

    /// Begins a flow without steps.
    public init(_ name: String) { self.name = name }

    /// The graph of all steps.
    ///
    /// - Throws: `invalidConfiguration` for a name used twice, or a step behind one that is not there.
    public func graph() throws -> FlowGraph { try FlowGraph(name: name, steps: steps) }

    /// Adds a step as it is.
    public mutating func add(_ step: Step) { steps.append(step) }

    /// Adds a step whose body returns a value for the steps behind it.
    ///
    /// - Parameters:
    ///   - name: unique in the flow.
    ///   - after: the steps that it is behind, whose values and artifacts it may read.
    ///   - options: how it runs.
    ///   - body: the work.
    @discardableResult
    public mutating func step<Value: Codable & Sendable>(
        _ name: String, after: [any StepReference] = [], _ options: StepOptions = StepOptions(),
        body: @escaping @Sendable (StepContext) async throws -> Value
    ) -> StepOutput<Value> {
        steps.append(
            options.step(name, dependencies: after.map(\.name)) { context in
                context.setValue(try JSONValue(encoding: await body(context)))
            })
        return StepOutput(name: name)
    }

    /// Adds a step that leaves artifacts alone, or does something outside.
    @discardableResult
    public mutating func step(
        _ name: String, after: [any StepReference] = [], _ options: StepOptions = StepOptions(),
        body: @escaping Step.Body
    ) -> StepOutput<Never> {
        steps.append(options.step(name, dependencies: after.map(\.name), body: body))
        return StepOutput(name: name)
    }

    /// Adds a step for each value, `name[value]`, side by side. A step behind the fan-out is its join.
    ///
    /// - Parameters:
    ///   - name: unique in the flow.
    ///   - values: what the branches work on.
    ///   - after: the steps that the branches are behind.
    ///   - options: how each branch runs.
    ///   - label: what stands for a value in its step's name; unique among them.
    ///   - body: the work on one value.
    @discardableResult
    public mutating func fanOut<Element: Codable & Sendable, Value: Codable & Sendable>(
        _ name: String, over values: [Element], after: [any StepReference] = [], _ options: StepOptions = StepOptions(),
        label: @escaping @Sendable (Element) -> String = { "\($0)" },
        body: @escaping @Sendable (Element, StepContext) async throws -> Value
    ) -> FanOutput<Element, Value> {
        let behind = after.map(\.name)
        addFanOut(name, dependencies: behind, options, label: label, body: body) { _ in values.map { ($0, behind) } }
        return FanOutput(name: name)
    }

    /// Adds a step for each element of what an earlier step returned. A branch is behind `after` alone, so that one more
    /// element leaves the other branches as they are.
    @discardableResult
    public mutating func fanOut<Element: Codable & Sendable, Value: Codable & Sendable>(
        _ name: String, over output: StepOutput<[Element]>, after: [any StepReference] = [],
        _ options: StepOptions = StepOptions(), label: @escaping @Sendable (Element) -> String = { "\($0)" },
        body: @escaping @Sendable (Element, StepContext) async throws -> Value
    ) -> FanOutput<Element, Value> {
        let behind = after.map(\.name)
        addFanOut(name, dependencies: [output.name] + behind, options, label: label, body: body) { inputs in
            try Definition.decode(inputs[output.name]?.value ?? .null, as: [Element].self).map { ($0, behind) }
        }
        return FanOutput(name: name)
    }

    /// Adds a step for each element of what each branch of an earlier fan-out returned: fan-outs in each other. A branch
    /// is behind the outer branch that its element comes from, whose artifacts it may read, and behind `after`.
    @discardableResult
    public mutating func fanOut<Outer: Codable & Sendable, Element: Codable & Sendable, Value: Codable & Sendable>(
        _ name: String, over output: FanOutput<Outer, [Element]>, after: [any StepReference] = [],
        _ options: StepOptions = StepOptions(),
        label: @escaping @Sendable (Outer, Element) -> String = { "\($0) \($1)" },
        body: @escaping @Sendable (Outer, Element, StepContext) async throws -> Value
    ) -> FanOutput<Nested<Outer, Element>, Value> {
        let behind = after.map(\.name)
        addFanOut(
            name, dependencies: [output.name] + behind, options, label: { label($0.outer, $0.inner) },
            body: { pair, context in try await body(pair.outer, pair.inner, context) }
        ) { inputs in
            let gathered = inputs[output.name]?.value
            let names = gathered?["branches"]?.array?.compactMap(\.string) ?? []
            return try zip(names, gathered?["elements"]?.array ?? []).flatMap { name, element in
                guard let result = inputs[name], !result.key.hasPrefix("caught:") else {
                    return [(Nested<Outer, Element>, [String])]()
                }
                let outer = try Definition.decode(element, as: Outer.self)
                return try Definition.decode(result.value, as: [Element].self).map {
                    (Nested(outer: outer, inner: $0), [name] + behind)
                }
            }
        }
        return FanOutput(name: name)
    }

    private mutating func addFanOut<Element: Codable & Sendable, Value: Codable & Sendable>(
        _ name: String, dependencies: [String], _ options: StepOptions,
        label: @escaping @Sendable (Element) -> String,
        body: @escaping @Sendable (Element, StepContext) async throws -> Value,
        elements: @escaping @Sendable (_ inputs: [String: StepResult]) throws -> [(Element, behind: [String])]
    ) {
        var fanOut = Step.fanOut(name, dependencies: dependencies) { inputs in
            try elements(inputs).map { element, behind in
                var branch = options.step("\(name)[\(label(element))]", dependencies: behind) { context in
                    context.setValue(try JSONValue(encoding: await body(element, context)))
                }
                branch.parameters = ["element": try JSONValue(encoding: element), "options": options.parameters]
                return branch
            }
        }
        fanOut.branchOptions = options
        fanOut.body = { context in
            let found = try elements(context.results).map { try JSONValue(encoding: $0.0) }
            context.setValue([
                "branches": .array(context.branches.map { .string($0) }), "elements": .array(found),
            ])
        }
        steps.append(fanOut)
    }
}

/// An element of a fan-out within a fan-out.
public struct Nested<Outer: Codable & Sendable, Inner: Codable & Sendable>: Codable, Sendable {
    /// What the outer branch worked on.
    public var outer: Outer
    /// One element of what it returned.
    public var inner: Inner
}

/// What the typed layer shares.
enum Definition {
    static func decode<Value: Decodable>(_ value: JSONValue, as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(value.description.utf8))
    }
}
