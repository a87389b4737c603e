import Core

/// Something that a step can be put behind.
public protocol StepReference: Sendable {
    /// The step's name.
    var name: String { get }
}

/// A step whose body returns a value: hands it on to the steps behind it, with its type.
public struct StepOutput<Value: Sendable>: StepReference {
    /// The step's name.
    public let name: String
}

/// The branches of a fan-out: each has an element that it works on, and returns a value.
public struct FanOutput<Element: Sendable, Value: Sendable>: StepReference {
    /// The fan-out's name.
    public let name: String
}

/// One branch of a fan-out that succeeded, as the join sees it.
public struct Branch<Element: Sendable, Value: Sendable>: StepReference {
    /// The branch's step, such as `train[0.1]`.
    public let name: String
    /// What it worked on.
    public let element: Element
    /// What it returned.
    public let value: Value
}

extension StepContext {
    /// What a step returned which this one is behind.
    ///
    /// - Throws: `notFound` if it is not behind it, `invalidData` if the value has another form.
    public func value<Value: Decodable & Sendable>(of output: StepOutput<Value>) throws -> Value {
        try value(of: output.name, as: Value.self)
    }

    /// The path of a file or folder that a step left which this one is behind.
    ///
    /// - Throws: `notFound` or `corrupted`.
    public func input(_ step: any StepReference, _ artifact: String) throws -> String {
        try input(step.name, artifact)
    }

    /// A fan-out's branches in their order, those left out whose failure was caught.
    ///
    /// - Throws: `notFound` if this step is not behind the fan-out, `invalidData` if a value has another form.
    public func branches<Element: Decodable & Sendable, Value: Decodable & Sendable>(
        of output: FanOutput<Element, Value>
    ) throws -> [Branch<Element, Value>] {
        let elements = try value(of: output.name)["elements"]?.array ?? []
        return try zip(branches(of: output.name), elements).compactMap { name, element in
            if try failure(of: name) != nil { return nil }
            return try Branch(
                name: name, element: Definition.decode(element, as: Element.self),
                value: value(of: name, as: Value.self))
        }
    }

    /// The branches of a fan-out that failed, and why: those whose failures are caught.
    ///
    /// - Throws: `notFound` if this step is not behind the fan-out.
    public func failures(of output: any StepReference) throws -> [(name: String, reason: String)] {
        try branches(of: output.name).compactMap { name in try failure(of: name).map { (name, $0) } }
    }
}
