import Tensor
import Testing

struct SparseRowsTests {
    let matrix = SparseRows.from(
        rows: [2, 0, 2, -1, 2, 0], columns: [3, 1, 0, 1, 3, 0], values: [1, 2, 3, 4, 5, 6], rowCount: 4, columnCount: 4)

    @Test func entriesKeepTheirOrderWithinARow() {
        #expect(matrix.offsets == [0, 2, 2, 5, 5])
        #expect(Array(matrix[0]) == [1, 0])
        #expect(Array(matrix[2]) == [3, 0, 3])
        #expect(matrix.values == [2, 6, 1, 3, 5])
    }

    @Test func coalescingSortsAndAddsUp() {
        let sums = matrix.coalesced()
        #expect(Array(sums[2]) == [0, 3])
        #expect(sums.values == [6, 2, 3, 6])
    }

    @Test func transposeOfTransposeIsTheCoalescedMatrix() {
        #expect(matrix.coalesced().transposed().transposed() == matrix.coalesced())
        #expect(Array(matrix.transposed()[3]) == [2, 2])
    }

    @Test func gatheringRows() {
        let gathered = matrix.gathering(rows: [2, -1, 0])
        #expect(gathered.offsets == [0, 3, 3, 5])
        #expect(gathered.values == [1, 3, 5, 2, 6])
    }
}
