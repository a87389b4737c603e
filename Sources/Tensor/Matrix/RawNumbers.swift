import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The matrix whose numbers, raw little-endian float32, fill the file at `path` from its beginning.
///
/// - Throws: `notFound` if there is no such file, `invalidData` if it holds too few numbers.
func numbers(in path: String, _ rows: Int, _ columns: Int) throws -> Matrix {
    guard let file = fopen(path, "rb") else { throw systemError("cannot open \(path)") }
    defer { fclose(file) }
    let matrix = Matrix(rows: rows, columns: columns)
    guard fread(matrix.pointer, 4, rows * columns, file) == rows * columns else {
        throw MartletError(.invalidData, "\(path) holds fewer than \(rows) × \(columns) float32 numbers")
    }
    return matrix
}
