/// Why a test cannot be carried out: what it needed did not come about.
package struct TestFault: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
