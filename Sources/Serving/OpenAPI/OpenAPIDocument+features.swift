/// The part of the document that `feast serve` has too.
extension OpenAPIDocument {
    static var featurePaths: String {
        """
        "\(Route.onlineFeatures.template)": {
          "post": {
            "operationId": "onlineFeatures",
            "summary": "The newest features of entities",
            "description": "Feast's contract. A feature that is not known, or a store that does not answer, is NOT_FOUND.",
            "requestBody": {"required": true, "content": {"application/json":
              {"schema": {"$ref": "#/components/schemas/FeaturesRequest"}}}},
            "responses": {
              "200": {"description": "A column for each join key and feature.", "content": {"application/json":
                {"schema": {"$ref": "#/components/schemas/FeaturesAnswer"}}}},
              \(problems(400, 401, 404, 413, 503))
            }
          }
        },
        "\(Route.push.template)": {
          "post": {
            "operationId": "push",
            "summary": "Write rows into the views of a push source",
            "description": "Feast's contract. Rows that are not newer than what is known change nothing.",
            "requestBody": {"required": true, "content": {"application/json":
              {"schema": {"$ref": "#/components/schemas/PushRequest"}}}},
            "responses": {
              "200": {"description": "The rows can be read."},
              \(problems(400, 401, 404, 413, 503))
            }
          }
        }
        """
    }

    static var featureSchemas: String {
        """
        "FeaturesRequest": {"type": "object", "required": ["entities"], "properties": {
            "features": {"type": "array", "items": {"type": "string"}, "description": "view:feature each."},
            "feature_service": {"type": ["string", "null"], "description": "In place of the features."},
            "entities": {"type": "object", "additionalProperties": {"type": "array", "items": {}}},
            "full_feature_names": {"type": "boolean", "default": false}}},
          "FeaturesAnswer": {"type": "object", "required": ["metadata", "results"], "properties": {
            "metadata": {"type": "object", "required": ["feature_names"], "properties": {
              "feature_names": {"type": "array", "items": {"type": "string"}}}},
            "results": {"type": "array", "items": {"type": "object",
              "required": ["values", "statuses", "event_timestamps"], "properties": {
                "values": {"type": "array", "items": {}},
                "statuses": {"type": "array", "items": {"type": "string",
                  "enum": ["PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"]}},
                "event_timestamps": {"type": "array", "items": {"type": "string", "format": "date-time"}}}}}}},
          "PushRequest": {"type": "object", "required": ["push_source_name", "df"], "properties": {
            "push_source_name": {"type": "string"},
            "df": {"type": "object", "additionalProperties": {"type": "array", "items": {}}},
            "to": {"type": "string", "enum": ["online"], "default": "online"}}}
        """
    }
}
