import Core
import Hummingbird
import NIOCore
import Stores

/// The body of a request for features, as `feast serve` takes it:
/// `{"features": ["user_stats:ctr"], "entities": {"user_id": [77]}, "full_feature_names": false}`, or
/// `"feature_service": "ranker"` in place of the features.
struct OnlineFeaturesQuery {
    /// What is asked for.
    var plan: FeaturePlan
    /// The values of each join key, one a row, in the plan's order.
    var entities: [(name: String, values: [FeatureValue])]

    /// Reads a body.
    ///
    /// - Throws: a 400 problem for what is no JSON, of another form or of another type, 404 for features that are not
    ///   defined, 413 for more rows than allowed.
    init(_ body: ByteBuffer, store: FeatureStore, limits: ServingConfiguration.Limits) throws(Problem) {
        let json = try FeatureBody.json(body)
        let isFull = json["full_feature_names"]?.bool ?? false
        do {
            if let service = json["feature_service"], service != .null {
                guard let name = service.string else { throw Self.problem("'feature_service' must be text") }
                plan = try store.plan(service: name, fullNames: isFull)
            } else {
                guard let features = json["features"]?.array?.map(\.string), !features.isEmpty,
                    !features.contains(nil)
                else {
                    throw Self.problem("'features' must be a list of texts, or 'feature_service' a text")
                }
                plan = try store.plan(features.compactMap(\.self), fullNames: isFull)
            }
        } catch let error as MartletError {
            throw FeatureBody.problem(of: error)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Self.problem("\(error)")
        }
        guard let given = json["entities"]?.object else {
            throw Self.problem("'entities' must be an object of lists, one for each join key")
        }
        let known = plan.entities.map(\.joinKey)
        for name in given.keys.sorted() where !known.contains(name) {
            throw Self.problem(
                "the features have no join key '\(name)'; "
                    + (nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                        ?? "they need \(known.joined(separator: ", "))"))
        }
        entities = []
        for entity in plan.entities {
            guard let values = given[entity.joinKey]?.array else {
                throw Self.problem("'entities.\(entity.joinKey)' must be a list of \(entity.type.rawValue)")
            }
            guard values.count <= limits.users else {
                throw Problem(
                    .contentTooLarge, "too-many-entities",
                    "the body names \(values.count) entities, at most \(limits.users) may be asked for at once",
                    hint: "split the entities over several requests")
            }
            var typed: [FeatureValue] = []
            typed.reserveCapacity(values.count)
            for (row, value) in values.enumerated() {
                do {
                    typed.append(try FeatureValue(value, as: entity.type))
                } catch {
                    throw Self.problem("'entities.\(entity.joinKey)[\(row)]': \(error.message)")
                }
            }
            entities.append((entity.joinKey, typed))
        }
    }

    private static func problem(_ detail: String) -> Problem {
        Problem(
            .badRequest, "invalid-body", detail,
            hint: "send {\"features\": [\"view:feature\", …], \"entities\": {\"join_key\": [value, …]}}")
    }
}
