/// The Open Inference Protocol's part of the document.
///
/// Source: "Open Inference Protocol (V2 inference protocol)", REST; Triton's extensions for configuration, statistics and
/// the repository.
extension OpenAPIDocument {
    static var inferencePaths: String {
        let server = [
            get("", "server", "The server's name, version and extensions", "InferenceServer", 401),
            health("live", "Live", "Whether the server lives"),
            health("ready", "Ready", "Whether models can be asked"),
            get("/models/stats", "allModelStatistics", "What all models did", "InferenceStatistics", 401),
            """
            "/v2/repository/index": {"post": {"operationId": "inferenceModels", "summary": "The models",
              "responses": {"200": {"description": "A model each.", "content": {"application/json": {"schema":
                {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"},
                  "version": {"type": "string"}, "state": {"type": "string"}, "reason": {"type": "string"}}}}}}},
                \(faults(401))}}}
            """,
        ]
        let models = [("", ""), ("/versions/{version}", "OfVersion")].flatMap { path, suffix in
            modelPaths("/models/{model}\(path)", suffix)
        }
        return (server + models).joined(separator: ",\n")
    }

    private static func modelPaths(_ path: String, _ suffix: String) -> [String] {
        let parameters = parameters(path)
        return [
            get(path, "modelMetadata\(suffix)", "The model's tensors", "InferenceModel", 401, 404),
            """
            "/v2\(path)/ready": {"get": {"operationId": "modelReady\(suffix)", "summary": "Whether the model can be asked",
              \(parameters)"responses": {"200": {"description": "It can."}, \(faults(401, 404, 503))}}}
            """,
            get("\(path)/config", "modelConfiguration\(suffix)", "Triton's description of the model", nil, 401, 404),
            get("\(path)/stats", "modelStatistics\(suffix)", "What the model did", "InferenceStatistics", 401, 404),
            """
            "/v2\(path)/infer": {"post": {"operationId": "infer\(suffix)", "summary": "Tensors in, tensors out",
              "description": "With binary tensors behind the JSON, whose length Inference-Header-Content-Length then says.",
              \(parameters)"requestBody": {"required": true, "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/InferenceRequest"}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
              "responses": {"200": {"description": "The outputs.", "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/InferenceAnswer"}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
                \(faults(400, 401, 404, 413, 503))}}}
            """,
        ]
    }

    private static func get(_ path: String, _ name: String, _ summary: String, _ schema: String?, _ statuses: Int...)
        -> String
    {
        let content = schema.map { "{\"$ref\": \"#/components/schemas/\($0)\"}" } ?? "{\"type\": \"object\"}"
        let answers = statuses.map(fault).joined(separator: ", ")
        return """
            "/v2\(path)": {"get": {"operationId": "\(name)", "summary": "\(summary)", \(parameters(path))"responses": {
              "200": {"description": "\(summary).", "content": {"application/json": {"schema": \(content)}}}, \(answers)}}}
            """
    }

    private static func health(_ word: String, _ name: String, _ summary: String) -> String {
        """
        "/v2/health/\(word)": {"get": {"operationId": "inference\(name)", "summary": "\(summary)",
          "security": [], "responses": {"200": {"description": "Yes."}, "503": {"description": "Not now."}}}}
        """
    }

    private static func parameters(_ path: String) -> String {
        let names = ["model", "version"].filter { path.contains("{\($0)}") }
        guard !names.isEmpty else { return "" }
        let list = names.map {
            "{\"name\": \"\($0)\", \"in\": \"path\", \"required\": true, \"schema\": {\"type\": \"string\"}}"
        }
        return "\"parameters\": [\(list.joined(separator: ", "))], "
    }

    private static func faults(_ statuses: Int...) -> String { statuses.map(fault).joined(separator: ", ") }

    private static func fault(_ status: Int) -> String {
        """
        "\(status)": {"description": "The protocol's error.", "content": {"application/json":
          {"schema": {"$ref": "#/components/schemas/InferenceError"}}}}
        """
    }

    static var inferenceSchemas: String {
        """
        "InferenceError": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
          "InferenceServer": {"type": "object", "required": ["name", "version", "extensions"], "properties": {
            "name": {"type": "string"}, "version": {"type": "string"},
            "extensions": {"type": "array", "items": {"type": "string"}}}},
          "InferenceTensorMetadata": {"type": "object", "required": ["name", "datatype", "shape"], "properties": {
            "name": {"type": "string"}, "datatype": {"$ref": "#/components/schemas/InferenceDatatype"},
            "shape": {"type": "array", "items": {"type": "integer"}, "description": "-1 where any length will do."}}},
          "InferenceDatatype": {"type": "string", "enum": ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16",
            "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"]},
          "InferenceModel": {"type": "object", "required": ["name", "platform", "inputs", "outputs"], "properties": {
            "name": {"type": "string"}, "versions": {"type": "array", "items": {"type": "string"}},
            "platform": {"type": "string"},
            "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/InferenceTensorMetadata"}},
            "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/InferenceTensorMetadata"}}}},
          "InferenceStatistics": {"type": "object", "required": ["model_stats"], "properties": {
            "model_stats": {"type": "array", "items": {"type": "object"}}}},
          "InferenceTensor": {"type": "object", "required": ["name", "shape", "datatype"], "properties": {
            "name": {"type": "string"}, "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "datatype": {"$ref": "#/components/schemas/InferenceDatatype"},
            "parameters": {"type": "object"}, "data": {"type": "array", "items": {}}}},
          "InferenceRequest": {"type": "object", "required": ["inputs"], "properties": {
            "id": {"type": "string"}, "parameters": {"type": "object"},
            "inputs": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/InferenceTensor"}},
            "outputs": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {
              "name": {"type": "string"}, "parameters": {"type": "object"}}}}}},
          "InferenceAnswer": {"type": "object", "required": ["model_name", "outputs"], "properties": {
            "model_name": {"type": "string"}, "model_version": {"type": "string"}, "id": {"type": "string"},
            "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/InferenceTensor"}}}}
        """
    }
}
