/// Where the windows of a dataset begin and end, in seconds since 1970-01-01T00:00:00Z.
///
/// Training rows lie in `first ..< validationStart`, validation rows in `validationStart ..< testStart`, test rows in
/// `testStart ... last`. A window that was not asked for is empty: its start is the next one's.
public struct SplitTimes: Codable, Hashable, Sendable {
    /// The first row's time.
    public var first: Int64
    /// Where validation begins, which is where training ends.
    public var validationStart: Int64
    /// Where the test begins.
    public var testStart: Int64
    /// Just behind the last row's time.
    public var end: Int64

    /// Makes a split.
    public init(first: Int64, validationStart: Int64, testStart: Int64, end: Int64) {
        self.first = first
        self.validationStart = validationStart
        self.testStart = testStart
        self.end = end
    }

    /// The start and the end (excluded) of a window.
    public subscript(_ window: Window) -> Range<Int64> {
        switch window {
        case .train: first..<max(first, validationStart)
        case .validation: validationStart..<testStart
        case .test: testStart..<max(testStart, end)
        }
    }
}
