import Core
import FoundationEssentials
import Tensor

/// Trains a DLRM on arrays, to be timed beside other programs on the same arrays.
///
/// A folder holds `batches` batches of `rows` rows each, all little-endian and without headers: `dense.f32`
/// (`batches × rows × numbers`), `ids.i32` (`batches × fields × rows`), `labels.f32` (`batches × rows`) and
/// `weights.f32`: the bottom MLP's layers and then the top's, of each W (`in × out`) and b. Row r of the field f begins
/// with the embedding e_d = ((h >> 40) · 2⁻²⁴ − ½) / 10, h the SplitMix64 of (r + first row of f) · D + d; only rows
/// that the batches name are set, the others begin at 0.
public struct DLRMBenchmark {
    /// What to train.
    public struct Configuration: Sendable {
        /// The folder with the arrays.
        public var folder: String
        /// How many codes each field has.
        public var cardinalities: [Int]
        /// How many numbers a row has.
        public var numbers = 13
        /// The width of an embedding.
        public var dimension = 64
        /// The bottom MLP's hidden layers; its last has the width of an embedding.
        public var bottom = [512, 256]
        /// The top MLP's hidden layers.
        public var top = [512, 256]
        /// How many batches the folder holds.
        public var batches = 24
        /// How many rows a batch has.
        public var rows = 2048
        /// The learning rates of the dense layers (Adagrad) and of the tables (row-wise Adagrad).
        public var rate = 0.01
        /// How exactly layers hold their factors.
        public var precision = Precision.float32
        /// How many rows run through the network at once: weights are packed for each product, so blocks are large.
        public var block = 512
        /// How many threads to use.
        public var threads = Threads.count

        /// Makes a configuration of the usual size.
        public init(folder: String, cardinalities: [Int]) {
            self.folder = folder
            self.cardinalities = cardinalities
        }
    }

    private let configuration: Configuration
    private let network: DLRM
    private let parameters: Parameters
    private let pieces: [RankingPiece]
    private let gradients: [DenseGradients]
    private var optimizer: Optimizer
    private let dense: [Float]
    private let ids: [Int32]
    private let labels: [Float]
    private var step = 0

    /// Reads the arrays and sets up the network.
    ///
    /// - Throws: `notFound` or `corrupted` if a file is missing or of another length.
    public init(_ configuration: Configuration) throws {
        self.configuration = configuration
        let (fields, rows) = (configuration.cardinalities.count, configuration.batches * configuration.rows)
        dense = try Self.read("dense.f32", configuration, count: rows * configuration.numbers)
        ids = try Self.read("ids.i32", configuration, count: rows * fields)
        labels = try Self.read("labels.f32", configuration, count: rows)
        var parameters = Parameters()
        let settings = NetworkSettings(
            dimension: configuration.dimension, layers: configuration.top, bottomLayers: configuration.bottom,
            precision: configuration.precision)
        network = DLRM(
            settings,
            fields: RankingFields(
                user: configuration.cardinalities.enumerated().map { .init("field\($0)", cardinality: $1) }, item: [],
                userNumbers: configuration.numbers), targets: 1, to: &parameters)
        self.parameters = parameters
        let share = (configuration.rows + configuration.threads - 1) / configuration.threads
        let (network, block) = (network, configuration.block)
        pieces = (0..<configuration.threads).map { _ in
            RankingPiece(network, groups: share + block, negatives: 0, targets: 1, blockGroups: block)
        }
        gradients = (0..<configuration.threads).map { _ in DenseGradients(parameters) }
        optimizer = Optimizer(.adagrad, parameters, threads: configuration.threads)
        for piece in pieces { piece.weights.values.update(repeating: 1 / Float(configuration.rows)) }
        try fillWeights()
        fillTables()
    }

    /// One step on the next batch.
    ///
    /// - Returns: its mean loss.
    public mutating func next() -> Double {
        let (rows, numbers, fields) = (configuration.rows, configuration.numbers, configuration.cardinalities.count)
        let batch = step % configuration.batches
        step += 1
        for (piece, gradient) in zip(pieces, gradients) {
            piece.groups = 0
            piece.loss = 0
            gradient.clear()
        }
        let (network, parameters, pieces, gradients) = (network, parameters, pieces, gradients)
        let (dense, ids, labels, block) = (dense, ids, labels, configuration.block)
        parallelFor(rows, grain: 16, threads: configuration.threads) { range, worker in
            let piece = pieces[worker]
            piece.groups = range.count
            dense.withUnsafeBufferPointer {
                piece.users.numbers.pointer.update(
                    from: $0.baseAddress! + (batch * rows + range.lowerBound) * numbers, count: range.count * numbers)
            }
            ids.withUnsafeBufferPointer {
                for field in 0..<fields {
                    piece.users.codes[field].update(
                        from: $0.baseAddress! + (batch * fields + field) * rows + range.lowerBound, count: range.count)
                }
            }
            labels.withUnsafeBufferPointer {
                piece.labels.pointer.update(
                    from: $0.baseAddress! + batch * rows + range.lowerBound, count: range.count)
            }
            for first in stride(from: 0, to: range.count, by: block) {
                piece.run(
                    network, parameters, gradients: gradients[worker],
                    range: first..<min(first + block, range.count), rowsPerGroup: 1,
                    firstRow: range.lowerBound + first, dropout: nil
                ) { _, _ in }
            }
        }
        let uses = pieces.flatMap { $0.groups > 0 ? $0.uses(network.layout, rowsPerGroup: 1) : [] }
        optimizer.update(
            parameters, dense: gradients, uses: uses, rate: Float(configuration.rate), decay: 0)
        return pieces.reduce(0) { $0 + $1.loss }
    }

    private func fillWeights() throws {
        let places = parameters.entries.indices.filter { !parameters.entries[$0].isTable }
        let count = places.reduce(0) { $0 + parameters[$1].values.count }
        let weights: [Float] = try Self.read("weights.f32", configuration, count: count)
        var first = 0
        for place in places {
            let values = parameters[place].values
            _ = values.update(fromContentsOf: weights[first..<first + values.count])
            first += values.count
        }
    }

    private func fillTables() {
        let (width, rows) = (configuration.dimension, configuration.rows)
        var firstRow: UInt64 = 0
        for (field, lookup) in network.layout.user.enumerated() {
            let table = parameters[lookup.table].pointer
            for batch in 0..<configuration.batches {
                for row in 0..<rows {
                    let id = Int(ids[(batch * configuration.cardinalities.count + field) * rows + row])
                    for d in 0..<width {
                        let hash = Self.mix((firstRow + UInt64(id)) * UInt64(width) + UInt64(d))
                        table[id * width + d] = (Float(hash >> 40) * 0x1p-24 - 0.5) / 10
                    }
                }
            }
            firstRow += UInt64(configuration.cardinalities[field])
        }
    }

    /// SplitMix64.
    private static func mix(_ index: UInt64) -> UInt64 {
        var word = (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    private static func read<Element: BitwiseCopyable>(
        _ name: String, _ configuration: Configuration, count: Int
    ) throws -> [Element] {
        let path = configuration.folder + "/" + name
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw MartletError(.notFound, "there is no file \(path)", hint: "Benchmarks/dlrm/run makes it")
        }
        guard bytes.count == count * MemoryLayout<Element>.stride else {
            throw MartletError(
                .corrupted, "\(path) has \(bytes.count) bytes instead of \(count * MemoryLayout<Element>.stride)")
        }
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            _ = bytes.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }
}
