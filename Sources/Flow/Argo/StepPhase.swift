/// What a process does for a run that another system schedules, such as Argo Workflows.
public enum StepPhase: String, Sendable, CaseIterable {
    /// Enters a new run.
    case begin
    /// Finds out what a fan-out becomes.
    case plan
    /// Brings one step to its end.
    case alone
    /// Ends the run.
    case end
}
