import Core

/// A flow as a manifest of Argo Workflows: a pod for each step, all with one volume that holds the flow's store.
///
/// The pods run the same program as on one machine, with ``StepPhase``: `begin` enters a run, `alone` brings one step to
/// its end, `plan` finds the branches of a fan-out over what earlier steps found, `end` ends the run, however it went.
/// Order, repeats with their pauses, time limits and resources are Argo's to heed. Fan-outs over values become a task with
/// `withItems`, those over what was found a task with `withParam`.
///
/// The store is a folder with an SQLite file, so the volume must keep SQLite's locks between the pods: those of one node
/// with a `ReadWriteOnce` claim do; a network file system does not.
public struct ArgoManifest: Sendable {
    /// A parameter of the workflow, to be set as it is submitted.
    public struct Parameter: Sendable {
        /// Its name, as in `{{workflow.parameters.NAME}}`.
        public var name: String
        /// What it is if nobody says.
        public var value: String
        /// What it is for.
        public var help: String

        /// Describes a parameter.
        public init(_ name: String, _ value: String, help: String = "") {
            self.name = name
            self.value = value
            self.help = help
        }
    }

    /// The container's image.
    public var image: String
    /// The volume claim that holds the store.
    public var claim: String
    /// Where it is mounted.
    public var mount: String
    /// The program in the image and its first arguments, before those that say the phase.
    public var command: [String]
    /// Further arguments of the process that begins the run.
    public var beginning: [String] = []
    /// What can be set as the workflow is submitted.
    public var parameters: [Parameter] = []
    /// The five fields of a cron line, for a `CronWorkflow`; nil: a `Workflow`, to be submitted by hand.
    public var cron: String?

    /// Where the begun run's id and a plan's branches are written to, in the pod.
    private static let written = "/tmp/martlet-output"

    /// Describes where the steps run.
    public init(image: String, claim: String, mount: String, command: [String]) {
        precondition(!command.isEmpty, "a container needs a program")
        self.image = image
        self.claim = claim
        self.mount = mount
        self.command = command
    }

    /// The manifest, whose JSON is YAML as well.
    ///
    /// - Parameters:
    ///   - graph: the steps.
    ///   - results: results of an earlier run, by which steps say what memory they need.
    /// - Throws: `invalidConfiguration` for a step whose name Argo would take for a template.
    public func json(of graph: FlowGraph, results: [String: StepResult] = [:]) throws -> JSONValue {
        if let step = graph.steps.first(where: { $0.name.contains("{{") }) {
            throw MartletError(
                .invalidConfiguration, "Argo would read the step's name '\(step.name)' as a template",
                hint: "name it without '{{'")
        }
        let groups = ArgoGroup.groups(of: graph, results: results)
        let title = "martlet-" + ArgoGroup.plain(graph.name)
        let templates = groups.map { template($0, title: title) }
        let given = parameters.map { parameter -> JSONValue in
            var members: [String: JSONValue] = ["name": .string(parameter.name), "value": .string(parameter.value)]
            if !parameter.help.isEmpty { members["description"] = .string(parameter.help) }
            return .object(members)
        }
        let spec: JSONValue = [
            "entrypoint": "main", "onExit": "end", "arguments": ["parameters": .array(given)],
            "volumes": [["name": "store", "persistentVolumeClaim": ["claimName": .string(claim)]]],
            "templates": .array([main(groups), begin, end] + templates),
        ]
        guard let cron else {
            return [
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
                "metadata": ["generateName": .string(title + "-")], "spec": spec,
            ]
        }
        return [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "metadata": ["name": .string(title)],
            "spec": ["schedules": [.string(cron)], "concurrencyPolicy": "Forbid", "workflowSpec": spec],
        ]
    }

    private func main(_ groups: [ArgoGroup]) -> JSONValue {
        let tasks = groups.map { group -> JSONValue in
            var given: [JSONValue] = [["name": "run", "value": "{{tasks.begin.outputs.parameters.run}}"]]
            if group.isMany { given.append(["name": "step", "value": "{{item}}"]) }
            var task: [String: JSONValue] = [
                "name": .string(group.name), "template": .string(group.name),
                "dependencies": .array((["begin"] + group.common.dependencies).map { .string($0) }),
                "arguments": ["parameters": .array(given)],
            ]
            if group.common.kind == .branches {
                let plan = group.common.dependencies[0]
                task["withParam"] = .string("{{tasks.\(plan).outputs.parameters.branches}}")
            } else if group.isMany {
                task["withItems"] = .array(group.steps.map { .string($0) })
            }
            return .object(task)
        }
        // A failure must not keep steps from running that do not depend on it.
        return [
            "name": "main",
            "dag": ["failFast": false, "tasks": .array([["name": "begin", "template": "begin"]] + tasks)],
        ]
    }

    private var begin: JSONValue {
        var template = container(.begin, ["--output", Self.written] + beginning)
        template["name"] = "begin"
        template["outputs"] = output("run", isGlobal: true)
        return .object(template)
    }

    private var end: JSONValue {
        var template = container(.end, ["--run", "{{workflow.outputs.parameters.run}}"])
        template["name"] = "end"
        return .object(template)
    }

    private func output(_ name: String, isGlobal: Bool = false) -> JSONValue {
        var parameter: [String: JSONValue] = ["name": .string(name), "valueFrom": ["path": .string(Self.written)]]
        if isGlobal { parameter["globalName"] = .string(name) }
        return ["parameters": [.object(parameter)]]
    }

    private func template(_ group: ArgoGroup, title: String) -> JSONValue {
        let common = group.common
        let step = group.isMany ? "{{inputs.parameters.step}}" : group.steps[0]
        var arguments = ["--run", "{{inputs.parameters.run}}", "--step", step]
        var phase = StepPhase.plan
        if common.kind == .plan {
            arguments += ["--output", Self.written]
        } else {
            phase = .alone
            arguments += ["--attempt", "{{retries}}"]
        }
        var template = container(phase, arguments, cores: common.cores, memory: common.memory)
        template["name"] = .string(group.name)
        if common.kind == .plan { template["outputs"] = output("branches") }
        template["inputs"] = [
            "parameters": .array((group.isMany ? ["run", "step"] : ["run"]).map { ["name": .string($0)] })
        ]
        template["retryStrategy"] = retries(common.retries)
        if let limit = common.timeLimit {
            // A program whose failures are caught must see the end of its time itself, to write it down.
            let most = seconds(of: limit).rounded(.up) + (common.catches ? 10 : 0)
            template["activeDeadlineSeconds"] = .string(String(Int(max(1, most))))
        }
        if let mutex = common.mutex {
            template["synchronization"] = ["mutexes": [["name": .string(title + "-" + ArgoGroup.plain(mutex))]]]
        }
        return .object(template)
    }

    /// A pod that the cluster took away is always begun once more; one whose program failed as often as the step says.
    private func retries(_ policy: RetryPolicy) -> JSONValue {
        guard policy.count > 0 else { return ["limit": "1", "retryPolicy": "OnError"] }
        var strategy: [String: JSONValue] = [
            "limit": .string(String(policy.count)), "retryPolicy": "Always",
            "backoff": [
                "duration": .string(text(of: policy.initial)),
                "factor": .string(String(Int(policy.factor.rounded(.up)))),
                "cap": .string(text(of: policy.longest)),
            ],
        ]
        if policy.cause == .death {
            // 128 and the signal's number: a process that was killed.
            strategy["expression"] = "lastRetry.status == 'Error' || asInt(lastRetry.exitCode) > 128"
        }
        return .object(strategy)
    }

    private func text(of duration: Duration) -> String {
        let milliseconds = Int((seconds(of: duration) * 1000).rounded(.up))
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    private func container(
        _ phase: StepPhase, _ arguments: [String], cores: Int = 1, memory: Int = 0
    ) -> [String: JSONValue] {
        let given = command.dropFirst() + ["--phase", phase.rawValue] + arguments
        var requests: [String: JSONValue] = ["cpu": .string(String(cores))]
        if memory > 0 { requests["memory"] = .string("\(memory >> 20)Mi") }
        return [
            "container": [
                "image": .string(image), "command": [.string(command[0])], "args": .array(given.map { .string($0) }),
                "volumeMounts": [["name": "store", "mountPath": .string(mount)]],
                "resources": ["requests": .object(requests)],
            ]
        ]
    }
}
