/// The description of the server's interface, OpenAPI 3.1.
///
/// Source: "OpenAPI Specification 3.1.1".
enum OpenAPIDocument {
    /// The document as JSON, with the limits of this server in it.
    static func text(
        limits: ServingConfiguration.Limits, mostEvents: Int, asksForKeys: Bool, openMetrics: Bool
    ) -> String {
        let security = asksForKeys ? #"[{"bearer": []}, {"header": []}]"# : "[]"
        let metricsSecurity = asksForKeys && !openMetrics ? security : "[]"
        return """
            {
              "openapi": "3.1.0",
              "info": {
                "title": "Martlet recommendations",
                "version": "\(BuildInformation.version)",
                "description": "Recommended items for users, and items similar to an item, from published lists.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
              },
              "security": \(security),
              "paths": {\(listPaths(limits)), \(featurePaths), \(eventPaths), \(inferencePaths),
                \(statePaths(metricsSecurity))},
              "components": {
                "securitySchemes": {
                  "bearer": {"type": "http", "scheme": "bearer"},
                  "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"}
                },
                "parameters": \(parameters(limits)),
                "responses": \(responses),
                "schemas": \(schemas(limits, mostEvents: mostEvents))
              }
            }
            """
    }

    private static func listPaths(_ limits: ServingConfiguration.Limits) -> String {
        """
        "\(Route.recommendations.template)": {
          "get": {
            "operationId": "recommendations",
            "summary": "The items recommended to one user",
            "description": "A user without a list gets the fallback of the segment, or everyone's, marked so.",
            "parameters": [
              {"name": "user", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}},
              {"$ref": "#/components/parameters/k"},
              {"$ref": "#/components/parameters/exclude"},
              {"name": "segment", "in": "query", "schema": {"type": "string"},
               "description": "Whose fallback a user without a list gets."}
            ],
            "responses": {
              "200": {"description": "The list.", "content": {"application/json":
                {"schema": {"$ref": "#/components/schemas/UserList"}}}},
              \(problems(400, 401, 404, 503))
            }
          }
        },
        "\(Route.batch.template)": {
          "post": {
            "operationId": "recommendationsForUsers",
            "summary": "The items recommended to one user by the pipeline, or the lists of several users",
            "requestBody": {"required": true, "content": {"application/json":
              {"schema": {"oneOf": [{"$ref": "#/components/schemas/PipelineRequest"},
                {"$ref": "#/components/schemas/UsersRequest"}]}}}},
            "responses": {
              "200": {"description": "The pipeline's answer, or a list for each user, in the request's order.",
                "content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/PipelineAnswer"},
                  {"$ref": "#/components/schemas/UserLists"}]}}}},
              \(problems(400, 401, 404, 413, 503))
            }
          }
        },
        "\(Route.similar.template)": {
          "get": {
            "operationId": "similarItems",
            "summary": "The items most similar to one item",
            "parameters": [
              {"name": "item", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}},
              {"$ref": "#/components/parameters/k"},
              {"$ref": "#/components/parameters/exclude"}
            ],
            "responses": {
              "200": {"description": "The list.", "content": {"application/json":
                {"schema": {"$ref": "#/components/schemas/ItemList"}}}},
              \(problems(400, 401, 404, 503))
            }
          }
        }
        """
    }

    private static func statePaths(_ metricsSecurity: String) -> String {
        """
        "\(Route.health.template)": {
          "get": {"operationId": "health", "summary": "Whether the process lives", "security": [],
            "responses": {"200": {"description": "It does.", "content": {"application/json":
              {"schema": {"$ref": "#/components/schemas/State"}}}}}}
        },
        "\(Route.readiness.template)": {
          "get": {"operationId": "readiness", "summary": "Whether requests for lists can be answered", "security": [],
            "responses": {"200": {"description": "They can.", "content": {"application/json":
              {"schema": {"$ref": "#/components/schemas/State"}}}}, \(problems(503))}}
        },
        "\(Route.metrics.template)": {
          "get": {"operationId": "metrics", "summary": "Counters and latencies for Prometheus",
            "security": \(metricsSecurity),
            "responses": {"200": {"description": "Prometheus' text format.", "content": {"text/plain":
              {"schema": {"type": "string"}}}}, \(problems(401))}}
        },
        "\(Route.document.template)": {
          "get": {"operationId": "document", "summary": "This document", "security": [],
            "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json":
              {"schema": {"type": "object"}}}}}}
        }
        """
    }

    static func problems(_ statuses: Int...) -> String {
        statuses.map { "\"\($0)\": {\"$ref\": \"#/components/responses/\($0)\"}" }.joined(separator: ", ")
    }

    private static func parameters(_ limits: ServingConfiguration.Limits) -> String {
        """
        {
          "k": {"name": "k", "in": "query", "description": "How many items at most.",
                "schema": {"type": "integer", "minimum": 1, "maximum": \(limits.items),
                           "default": \(limits.defaultItems)}},
          "exclude": {"name": "exclude", "in": "query", "style": "form", "explode": false,
                      "description": "Ids of items to leave out, parted by commas.",
                      "schema": {"type": "array", "items": {"type": "string"}, "maxItems": \(limits.excluded)}}
        }
        """
    }

    private static var responses: String {
        let descriptions: [(Int, String)] = [
            (400, "The request is malformed; the hint says how to put it right."),
            (401, "The API key is missing or wrong."),
            (404, "There is nothing of this name."),
            (413, "The body, or the number of users in it, is over the limit."),
            (503, "Nothing is published yet, the server is stopping, or it is over its limit of requests."),
            (507, "The disk of the event log is full."),
        ]
        let entries = descriptions.map { status, description in
            let headers =
                status == 503 || status == 507
                ? #""headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}, "# : ""
            return """
                "\(status)": {"description": "\(description)", \(headers)"content": {"application/problem+json":
                  {"schema": {"$ref": "#/components/schemas/Problem"}}}}
                """
        }
        return "{\(entries.joined(separator: ",\n"))}"
    }

    private static func schemas(_ limits: ServingConfiguration.Limits, mostEvents: Int) -> String {
        """
        {
          "Item": {"type": "object", "required": ["item", "score"],
            "description": "An item with the fields that the shop chose to show, such as its title.",
            "properties": {"item": {"type": "string"}, "score": {"type": ["number", "null"]}},
            "additionalProperties": true},
          "Version": {"type": "object", "required": ["model", "model_version", "version", "created"],
            "properties": {"model": {"type": "string"}, "model_version": {"type": "string"},
              "version": {"type": "integer"}, "created": {"type": "string", "format": "date-time"}}},
          "List": {"type": "object", "required": ["user", "items"],
            "properties": {
              "user": {"type": "string"},
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
              "fallback": {"type": "string", "enum": ["popularity"],
                "description": "There if the list is not the user's own."},
              "reason": {"type": "string", "enum": ["unknown-user", "store-unavailable"]},
              "segment": {"type": "string", "description": "Whose fallback it is; missing: everyone's."}}},
          "UserList": {"allOf": [{"$ref": "#/components/schemas/List"}, {"$ref": "#/components/schemas/Version"}]},
          "ItemList": {"allOf": [
            {"type": "object", "required": ["item", "items"], "properties": {"item": {"type": "string"},
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}}},
            {"$ref": "#/components/schemas/Version"}]},
          "UserLists": {"allOf": [
            {"type": "object", "required": ["results"], "properties": {
              "results": {"type": "array", "items": {"$ref": "#/components/schemas/List"}}}},
            {"$ref": "#/components/schemas/Version"}]},
          "UsersRequest": {"type": "object", "required": ["users"], "additionalProperties": false, "properties": {
            "users": {"type": "array", "maxItems": \(limits.users), "items": {"type": "string", "minLength": 1}},
            "k": {"type": "integer", "minimum": 1, "maximum": \(limits.items), "default": \(limits.defaultItems)},
            "exclude": {"type": "array", "maxItems": \(limits.excluded), "items": {"type": "string"}},
            "segment": {"type": "string"}}},
          \(featureSchemas),
          "PipelineRequest": {"type": "object", "required": ["user"], "additionalProperties": false, "properties": {
            "user": {"type": "string", "minLength": 1},
            "k": {"type": "integer", "minimum": 1, "maximum": \(limits.items)},
            "context": {"type": "object", "additionalProperties": false, "properties": {
              "items": {"type": "array", "maxItems": \(limits.excluded), "items": {"type": "string"},
                "description": "What the visitor looks at or has in the basket, the latest last."}}},
            "filters": {"type": "object", "additionalProperties": false, "properties": {
              "exclude": {"type": "array", "maxItems": \(limits.excluded), "items": {"type": "string"}},
              "allow": {"type": "array", "maxItems": \(limits.excluded), "items": {"type": "string"}},
              "categories": {"type": "array", "maxItems": \(limits.excluded), "items": {"type": "string"}},
              "columns": {"type": "object", "maxProperties": \(limits.excluded),
                "description": "By column of the items: a value, a list of values, {not: [...]}, or {from: 1, to: 9}."}}},
            "explain": {"type": "boolean", "description": "Whether each item's way is told."},
            "item": {"type": "string", "description": "An item whose way is told, in the answer or not."},
            "seed": {"type": "integer", "minimum": 0, "description": "Of exploration: equal seeds, equal orders."}}},
          "PipelineAnswer": {"type": "object", "required": ["user", "items", "version", "model", "created"],
            "properties": {"user": {"type": "string"},
              "items": {"type": "array", "items": {"type": "object", "required": ["item", "score", "sources"],
                "properties": {"item": {"type": "string"}, "score": {"type": ["number", "null"]},
                  "sources": {"type": "array", "items": {"type": "string"}},
                  "propensity": {"type": "number", "minimum": 0, "maximum": 1,
                    "description": "There if the order was drawn: how likely this item was to come next."},
                  "variant": {"type": "string",
                    "description": "There if two variants share the answer: whose item it is."}}}},
              "request": {"type": "string", "description": "There if answers are logged; events may name it."},
              "variants": {"type": "object", "additionalProperties": {"type": "string"},
                "description": "The user's variants by experiment."},
              "version": {"type": "integer"}, "model": {"type": "string"},
              "created": {"type": "string", "format": "date-time"},
              "fallback": {"type": "string", "enum": ["popularity"]},
              "reason": {"type": "string", "enum": ["unknown-user", "no-candidates", "candidates-ran-out"]},
              "skipped": {"type": "array", "description": "Stages that the answer does without.",
                "items": {"type": "object", "properties": {"stage": {"type": "string"},
                  "reason": {"type": "string", "enum": ["late", "failed"]}}}},
              "explanation": {"type": "object"}}},
          \(eventSchemas(most: mostEvents)),
          \(inferenceSchemas),
          "State": {"type": "object", "required": ["status"], "properties": {
            "status": {"type": "string"}, "version": {"type": "integer"}}},
          "Problem": {"type": "object", "required": ["type", "title", "status", "detail"],
            "description": "RFC 9457 problem details.",
            "properties": {"type": {"type": "string", "format": "uri"}, "title": {"type": "string"},
              "status": {"type": "integer"}, "detail": {"type": "string"}, "hint": {"type": "string"},
              "request_id": {"type": "string"}}}
        }
        """
    }
}
