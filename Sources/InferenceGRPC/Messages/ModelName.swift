import Serving

/// A message that names a model: `ModelReadyRequest`, `ModelMetadataRequest`, `ModelConfigRequest` and
/// `ModelStatisticsRequest` have the same fields.
struct ModelName {
    var name = ""
    var version = ""

    /// Reads the message.
    ///
    /// - Throws: an `invalid` fault.
    init(_ bytes: [UInt8]) throws(InferenceFault) {
        var reader = ProtobufReader(bytes[...])
        while let (field, value) = try reader.next() {
            switch field {
            case 1: name = try value.text()
            case 2: version = try value.text()
            default: break
            }
        }
    }
}
