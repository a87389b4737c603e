/// Many commands of one key each, made when they are sent, and perhaps again when they are sent again.
///
/// Every one of them must give the same result when it is carried out twice.
struct RedisWork: Sendable {
    /// How many commands there are.
    var count: Int
    /// How long to try in all without any command getting through, in seconds.
    var patience: Double
    /// Whether an answer counts only when a replica has the write too.
    var isReplicated = false
    /// Whether arrays are wanted as bytes; see ``RESPParser/nextUnparsed()``.
    var keepsArrays = false
    /// How many commands travel together at most; nil: as many as the configuration says.
    var pipeline: Int?
    /// The slot of a command's key.
    var slot: @Sendable (Int) -> Int
    /// Appends a command.
    var encode: @Sendable (Int, inout RedisCommands) -> Void
}
