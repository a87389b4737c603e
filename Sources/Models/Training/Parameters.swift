import Core
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The numbers that a model learns: matrices by name.
///
/// A copy shares the numbers, as `Matrix` does; ``copy()`` makes one of its own.
package struct Parameters: Sendable {
    /// One matrix; of a table only the rows that a step used change in it.
    package struct Entry: Sendable {
        /// The name, unique in its model.
        package var name: String
        /// The numbers.
        package var matrix: Matrix
        /// Whether this is a table whose rows are looked up.
        package var isTable: Bool
    }

    /// The matrices, in the order they were added in.
    package private(set) var entries: [Entry] = []

    package init() {}

    /// Adds a matrix and says its place.
    package mutating func add(_ name: String, rows: Int, columns: Int, isTable: Bool) -> Int {
        entries.append(Entry(name: name, matrix: Matrix(rows: rows, columns: columns), isTable: isTable))
        return entries.count - 1
    }

    /// The matrix at `place`.
    package subscript(_ place: Int) -> Matrix { entries[place].matrix }

    /// Parameters of their own with the same numbers.
    package func copy() -> Parameters {
        var result = self
        for place in entries.indices { result.entries[place].matrix = entries[place].matrix.copy() }
        return result
    }

    /// Writes the numbers of `other`, which has the same matrices, into these.
    package func assign(_ other: Parameters) {
        for (entry, source) in zip(entries, other.entries) {
            _ = entry.matrix.values.update(fromContentsOf: UnsafeBufferPointer(source.matrix.values))
        }
    }

    /// The matrices as tensors, names after `prefix`.
    package func tensors(prefix: String = "") -> [StoredTensor] {
        entries.map { entry in
            StoredTensor(
                prefix + entry.name, shape: [entry.matrix.rows, entry.matrix.columns],
                .float(Array(entry.matrix.values)))
        }
    }

    /// Reads the matrices that ``tensors(prefix:)`` made.
    ///
    /// - Throws: `corrupted` if one is missing or of another shape.
    package func read(_ file: SafetensorsFile, prefix: String = "") throws {
        for entry in entries {
            let values = try file.floats(prefix + entry.name, shape: [entry.matrix.rows, entry.matrix.columns])
            _ = entry.matrix.values.update(fromContentsOf: values)
        }
    }
}

extension Parameters {
    /// Fills the matrix at `place` with draws from N(0, deviation²).
    package func drawNormal(_ place: Int, deviation: Double, from random: inout RandomSource) {
        let values = self[place].values
        for index in values.indices { values[index] = Float(deviation * random.normal()) }
    }

    /// Fills the `in × out` matrix at `place` with draws from U(−a, a), a = √(6 / in): He's rule for layers with ReLU.
    ///
    /// Source: He et al., "Delving Deep into Rectifiers" (2015).
    package func drawHe(_ place: Int, from random: inout RandomSource) {
        let matrix = self[place]
        let bound = (6 / Double(max(matrix.rows, 1))).squareRoot()
        for index in matrix.values.indices { matrix.values[index] = Float((2 * random.uniform() - 1) * bound) }
    }
}
