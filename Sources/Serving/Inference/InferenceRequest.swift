/// A request for one inference, whichever way it came.
package struct InferenceRequest: Sendable {
    /// An output that is asked for.
    package struct Output: Sendable {
        package var name: String
        /// Whether its elements go behind the text in binary form, where there is a choice.
        package var isBinary: Bool

        package init(name: String, isBinary: Bool) {
            self.name = name
            self.isBinary = isBinary
        }
    }

    package var model: String
    /// The version; nil takes the one that is served.
    package var version: String?
    /// What the caller names the request by; it comes back with the answer.
    package var id: String
    package var inputs: [ReceivedTensor]
    /// The outputs that are asked for; none: all of them.
    package var outputs: [Output]
    /// Whether all outputs go in binary form, where none is asked for by name.
    package var isBinary: Bool

    package init(
        model: String, version: String?, id: String, inputs: [ReceivedTensor], outputs: [Output],
        isBinary: Bool = false
    ) {
        self.model = model
        self.version = version
        self.id = id
        self.inputs = inputs
        self.outputs = outputs
        self.isBinary = isBinary
    }
}

/// The answer to an ``InferenceRequest``.
package struct InferenceAnswer: Sendable {
    package var model: String
    package var version: String
    package var id: String
    package var outputs: [InferenceTensor]
}
