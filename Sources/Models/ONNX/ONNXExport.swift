import Core

/// One graph of a model: what it is for, and the file.
public struct ONNXExport: Sendable {
    /// What the graph computes: `ranker`, `query-tower` or `item-tower`.
    public var role: String
    /// The ONNX file's bytes.
    public var bytes: [UInt8]
}

/// A model that can be written for other runtimes.
public protocol ONNXExportable: RetrievalModel {
    /// The model's graphs.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or is larger than an ONNX file may be.
    func onnx() throws -> [ONNXExport]
}
