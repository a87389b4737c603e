import Core

extension ServingConfiguration {
    /// How models are offered by the Open Inference Protocol.
    public struct Inference: Sendable {
        /// What the whole pipeline is called.
        public var pipeline = "recommendations"
        /// What it is called where it answers by the tensors of a multi-stage system of NVIDIA Merlin:
        /// `user_id_raw` → `ordered_ids`, `ordered_scores`.
        public var ensemble = "executor_model"
        /// How items' ids are written; nil: as INT64 where all of them are decimal numbers, as BYTES otherwise.
        package var itemIDs: TensorType?

        /// Makes the default names.
        public init() {}
    }

    /// How the server listens for gRPC.
    public struct GRPC: Sendable {
        /// The port; 0 takes a free one.
        public var port = 8001

        /// Makes the default port.
        public init() {}
    }

    /// Reads `serve.inference:`.
    ///
    /// ```yaml
    /// serve:
    ///   grpc: {port: 8001}             # off unless asked for
    ///   inference:
    ///     pipeline: recommendations    # names of the whole pipeline
    ///     ensemble: executor_model
    ///     item-ids: int64              # or bytes; by default whichever fits
    /// ```
    mutating func readInference(_ fields: inout ConfigurationFields) {
        if fields.has("grpc") {
            var section = fields.fields("grpc")
            var grpc = GRPC()
            grpc.port = section.integer("port", default: grpc.port, in: 0...65_535)
            section.finish()
            self.grpc = grpc
        }
        var section = fields.fields("inference")
        inference.pipeline = section.string("pipeline", default: inference.pipeline)
        inference.ensemble = section.string("ensemble", default: inference.ensemble)
        inference.itemIDs = section.choice("item-ids", of: ["int64", "bytes"]).map { $0 == "int64" ? .int64 : .bytes }
        section.finish()
    }
}
