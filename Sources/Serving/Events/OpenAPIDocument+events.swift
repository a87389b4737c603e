extension OpenAPIDocument {
    /// The path that takes events.
    static var eventPaths: String {
        """
        "\(Route.events.template)": {
          "post": {
            "operationId": "events",
            "summary": "What users did: durable and visible to recommendations when it is answered",
            "description": "All events of a request are taken, or none. An event whose id was taken before is dropped.",
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"oneOf": [
              {"$ref": "#/components/schemas/Event"}, {"$ref": "#/components/schemas/EventList"}]}}}},
            "responses": {
              "200": {"description": "The events are durable.", "content": {"application/json":
                {"schema": {"$ref": "#/components/schemas/EventReceipt"}}}},
              \(problems(400, 401, 404, 413, 503, 507))
            }
          }
        }
        """
    }

    /// The schemas of events.
    ///
    /// - Parameter most: the most events of one request.
    static func eventSchemas(most: Int) -> String {
        """
        "Event": {"type": "object", "required": ["kind", "user", "item"], "additionalProperties": false, "properties": {
            "id": {"type": ["string", "null"], "minLength": 1, "maxLength": 256,
              "description": "Tells a repeated delivery from a repeated deed; made by the server if missing."},
            "kind": {"type": "string", "enum": ["view", "cart", "purchase", "impression", "click"]},
            "user": {"type": "string", "minLength": 1, "maxLength": 256},
            "item": {"type": "string", "minLength": 1, "maxLength": 256},
            "time": {"type": ["string", "integer", "null"], "format": "date-time",
              "description": "RFC 3339 text, or microseconds since 1970; now if missing."},
            "request": {"type": ["string", "null"], "minLength": 1, "maxLength": 256,
              "description": "The request id of the answer in which the item was shown."}}},
          "EventList": {"type": "object", "required": ["events"], "additionalProperties": false, "properties": {
            "events": {"type": "array", "minItems": 1, "maxItems": \(most),
              "items": {"$ref": "#/components/schemas/Event"}}}},
          "EventReceipt": {"type": "object", "required": ["accepted", "duplicates", "ids"], "properties": {
            "accepted": {"type": "integer"}, "duplicates": {"type": "integer"},
            "ids": {"type": "array", "items": {"type": "string"}, "description": "In the order of the events."}}}
        """
    }
}
