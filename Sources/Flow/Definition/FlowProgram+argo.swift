import Core

extension FlowProgram {
    /// One step of a run: for a runner of this program, or, with `--phase`, for a system that schedules by itself.
    func step(_ store: RunStore, _ line: FlowCommandLine) async throws -> String {
        let (run, step) = (line.option("run") ?? "", line.option("step") ?? "")
        guard let wanted = line.option("phase") else {
            let values = try FlowParameters(parameters, kept: store.run(run).parameters)
            try await FlowRunner(store: store).runChild(build(values), run: run, step: step)
            return ""
        }
        guard let phase = StepPhase(rawValue: wanted), let attempt = Int(line.option("attempt") ?? "0") else {
            throw MartletError(
                .invalidConfiguration, "'\(wanted)' is no phase, or '\(line.option("attempt") ?? "")' no number",
                hint: "the phases are \(StepPhase.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let values =
            try phase == .begin
            ? FlowParameters(parameters, given: given(line))
            : FlowParameters(parameters, kept: store.run(run).parameters)
        let found = try await FlowRunner(store: store, progress: LineProgress()).perform(
            phase, build(values), run: run, step: step, attempt: attempt, parameters: values.json, label: label(line))
        if let output = line.option("output") { try AtomicFile.write(found, to: output) }
        return found
    }

    /// The manifest for Argo Workflows; the flow's parameters become the workflow's.
    func export(_ line: FlowCommandLine) throws -> String {
        guard let image = line.option("image"), let claim = line.option("claim") else {
            throw MartletError(
                .invalidConfiguration, "a manifest names a container's image and a volume claim",
                hint: "\(name) export --image registry.example/\(name):1 --claim \(name)-store")
        }
        let values = try FlowParameters(parameters, given: given(line))
        let mount = line.option("mount") ?? "/store"
        var manifest = ArgoManifest(
            image: image, claim: claim, mount: mount,
            command: [line.option("program") ?? name, "step", "--store", line.option("store") ?? mount])
        manifest.cron = line.option("cron")
        manifest.parameters = parameters.map { declared in
            let value = values.values[declared.name] ?? .null
            return .init(declared.name, value.string ?? value.description, help: declared.help)
        }
        manifest.beginning = parameters.flatMap { ["--\($0.name)", "{{workflow.parameters.\($0.name)}}"] }
        return try manifest.json(of: build(values)).pretty
    }

    func given(_ line: FlowCommandLine) -> [String: String] {
        line.options.filter { !Self.ownOptions.contains($0.key) }
    }
}
