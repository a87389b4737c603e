import Testing

extension Testing.Tag {
    /// Takes more than some seconds.
    @Tag static var slow: Self
}
