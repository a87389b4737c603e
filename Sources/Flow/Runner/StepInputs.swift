/// What a step may read: the results of the steps it depends on, and of the branches of those that are fan-outs.
struct StepInputs: Sendable {
    /// The names, in the order of the dependencies, behind each fan-out its branches.
    var names: [String]
    /// For a fan-out that gathers: its branches.
    var branches: [String]
    /// The results by name.
    var results: [String: StepResult]
}
