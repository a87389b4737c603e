import Core
import NIOCore
import Pipeline

/// An answer of the pipeline on its way into JSON.
struct PipelineAnswerText {
    let answer: PipelineAnswer
    let served: ServedPipeline
    /// The request's id, where the answer is logged: events that name it are known to belong to it.
    var requestID: String?

    /// Appends `{"user":"…","items":[{"item":…,"score":…,"sources":["tower"]},…],…,"version":3,…}`.
    func write(to buffer: inout ByteBuffer) {
        let names = answer.sources.map { name in
            var text = ""
            JSONValue.quote(name, to: &text)
            return text
        }
        let teams = answer.teams.map { JSONValue.string($0).description }
        let longest = (names + teams).reduce(0) { $0 + $1.utf8.count + 1 } + 96
        // An upper bound, so that one allocation is enough and writing needs no checks.
        let bound =
            128 + ByteCursor.longestQuoted(answer.user.utf8.count) + served.stamp.count
            + answer.items.count * (served.catalogue.longestFragment + 2 * ByteCursor.longestNumber + longest)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { memory in
            var cursor = ByteCursor(memory.baseAddress!)
            cursor.literal("{\"user\":")
            cursor.quoted(answer.user)
            cursor.literal(",\"items\":[")
            for (place, item) in answer.items.enumerated() {
                if place > 0 { cursor.byte(UInt8(ascii: ",")) }
                cursor.copy(served.catalogue.fragment(UInt32(item.index))!)
                cursor.number(item.score)
                cursor.literal(",\"sources\":[")
                var isFirst = true
                for (source, name) in names.enumerated() where item.sources & (1 << UInt32(source)) != 0 {
                    if !isFirst { cursor.byte(UInt8(ascii: ",")) }
                    isFirst = false
                    var name = name
                    name.withUTF8 { cursor.copy(UnsafeRawBufferPointer($0)) }
                }
                cursor.byte(UInt8(ascii: "]"))
                if let propensity = item.propensity {
                    cursor.literal(",\"propensity\":")
                    cursor.number(Float(propensity))
                }
                if let team = item.team {
                    cursor.literal(",\"variant\":")
                    var name = teams[Int(team)]
                    name.withUTF8 { cursor.copy(UnsafeRawBufferPointer($0)) }
                }
                cursor.byte(UInt8(ascii: "}"))
            }
            cursor.literal("],")
            served.stamp.withUnsafeBytes { cursor.copy($0) }
            return cursor.count
        }
        for (name, value) in rare {
            buffer.writeString(",\"\(name)\":\(value.description)")
        }
        buffer.writeString("}")
    }

    /// What only some answers say.
    private var rare: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = []
        if let requestID { members.append(("request", .string(requestID))) }
        if !answer.variants.isEmpty {
            let variants = answer.variants.map { ($0.experiment, JSONValue.string($0.variant)) }
            members.append(("variants", .object(Dictionary(variants) { _, last in last })))
        }
        if answer.fallback != nil { members.append(("fallback", "popularity")) }
        // Sources that need no user answer whoever asks: then there is a reason without a fallback.
        if let reason = answer.isUnknownUser ? "unknown-user" : answer.fallback {
            members.append(("reason", .string(reason)))
        }
        let skipped = answer.stages.compactMap { stage in
            stage.skipped.map { ["stage": .string(stage.name), "reason": .string($0)] as JSONValue }
        }
        if !skipped.isEmpty { members.append(("skipped", .array(skipped))) }
        if let explanation = answer.explanation {
            members.append(("explanation", ExplanationText(explanation, answer).json))
        }
        return members
    }
}

/// The way of items as JSON.
package struct ExplanationText {
    private let explanation: Explanation
    private let answer: PipelineAnswer

    /// Prepares an explanation for writing.
    package init(_ explanation: Explanation, _ answer: PipelineAnswer) {
        self.explanation = explanation
        self.answer = answer
    }

    /// `{"items": […], "stages": […], "user": {…}}`
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "items": .array(explanation.items.map(item)), "stages": .array(answer.stages.map(stage)),
            "user": [
                "contacts": .integer(Int64(explanation.contacts)), "history": .integer(Int64(explanation.history)),
                "known": .bool(!answer.isUnknownUser),
                "latest-event": explanation.latestEvent.map { .number(Double($0) / 1e6) } ?? .null,
            ],
        ]
        if let features = explanation.features {
            members["features"] = Self.json(features)
        }
        if let unknown = explanation.unknownItem {
            members["unknown-item"] = .string(unknown)
            members["hint"] = "ids are case-sensitive and keep their leading zeros"
        }
        return .object(members)
    }

    /// `{"values": {…}, "written": 1795546310.5, "age": 12.5}`: the moment in seconds since 1970, the age in seconds.
    private static func json(_ features: FreshFeatures) -> JSONValue {
        [
            "values": .object(features.values),
            "written": features.time.map { .number(Double($0) / 1e6) } ?? .null,
            "age": features.age.map { .number($0) } ?? .null,
        ]
    }

    private func item(_ item: Explanation.Item) -> JSONValue {
        func number(_ value: Float?) -> JSONValue { value.map { .number(Double($0)) } ?? .null }
        func whole(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
        var members: [String: JSONValue] = [
            "item": .string(answer.bundle.id(item.index)), "place": whole(item.place), "verdict": .string(item.verdict),
            "proposed-by": .array(
                item.proposals.map {
                    ["source": .string($0.source), "rank": whole($0.rank), "score": number($0.score)]
                }),
            "filtered-by": .array(item.filteredBy.map { .string($0) }), "candidate": .bool(item.isCandidate),
            "score": number(item.score), "rank": whole(item.rank),
            "moved-by": .array(
                item.moves.map { ["rule": .string($0.rule), "from": whole($0.from), "to": whole($0.to)] }),
        ]
        members["features"] = item.features.map(Self.json)
        return .object(members)
    }

    private func stage(_ stage: StageReport) -> JSONValue {
        var members: [String: JSONValue] = [
            "stage": .string(stage.name), "milliseconds": .number((stage.seconds * 1e6).rounded() / 1e3),
            "in": .integer(Int64(stage.candidatesIn)), "out": .integer(Int64(stage.candidatesOut)),
        ]
        switch stage.outcome {
        case .done: break
        case .late: members["skipped"] = "late"
        case .failed(let reason):
            members["skipped"] = "failed"
            members["error"] = .string(reason)
        }
        return .object(members)
    }
}
