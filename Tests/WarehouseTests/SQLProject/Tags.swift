import Testing

extension Testing.Tag {
    /// Tests that take more than a second or two.
    @Tag static var slow: Self
}
