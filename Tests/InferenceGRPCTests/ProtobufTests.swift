import InferenceGRPC
import Serving
import Testing

struct ProtobufTests {
    /// The examples of protocol buffers' own documentation: 150 in field 1, "testing" in field 2, and packed numbers.
    @Test func theDocumentedBytesAreWritten() throws {
        var message = ProtobufWriter()
        message.write(1, 150)
        #expect(message.bytes == [0x08, 0x96, 0x01])
        message = ProtobufWriter()
        message.write(2, "testing")
        #expect(message.bytes == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67])
        message = ProtobufWriter()
        message.write(6, packed: [3, 270, 86_942])
        #expect(message.bytes == [0x32, 0x06, 0x03, 0x8E, 0x02, 0x9E, 0xA7, 0x05])
        message = ProtobufWriter()
        message.write(1, -2)
        #expect(message.bytes == [0x08, 0xFE] + [UInt8](repeating: 0xFF, count: 8) + [0x01])
        message = ProtobufWriter()
        message.write(1, 0)
        message.write(2, "")
        message.write(3, false)
        #expect(message.bytes.isEmpty, "defaults are left out")
    }

    @Test func numbersAreReadPackedAndOneByOne() throws {
        var reader = ProtobufReader([0x32, 0x06, 0x03, 0x8E, 0x02, 0x9E, 0xA7, 0x05, 0x30, 0x96, 0x01][...])
        var numbers: [Int64] = []
        while let (field, value) = try reader.next() {
            #expect(field == 6)
            try value.append(to: &numbers)
        }
        #expect(numbers == [3, 270, 86_942, 150])
    }

    @Test(arguments: [
        [0x08], [0x08, 0x80], [0x12, 0x05, 0x61], [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        [0x0D, 0, 0, 0], [0x09, 0, 0, 0, 0, 0, 0, 0], [0x00, 0x00], [0x0B],
        [0x08] + [UInt8](repeating: 0xFF, count: 11),
    ])
    func tornMessagesAreRefused(bytes: [UInt8]) {
        #expect(throws: InferenceFault.self) {
            var reader = ProtobufReader(bytes[...])
            while try reader.next() != nil {}
        }
    }

    /// Whatever bytes come, there is a request or a fault.
    @Test func anyBytesAreAnswered() {
        var state: UInt64 = 7
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var word = state
            let bytes = (0..<Int(state >> 59)).map { _ -> UInt8 in
                word = word &* 6_364_136_223_846_793_005 &+ 1
                return UInt8(truncatingIfNeeded: word >> 40) & ((word >> 62) == 0 ? 0xFF : 0x3F)
            }
            _ = try? InferRequestMessage(bytes).request()
        }
    }
}
