#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The C library's functions, named apart from what tests call.
enum Reference {
    static func exp(_ x: Double) -> Double { Double(exponential(x)) }
    static func power(_ x: Double, _ y: Double) -> Double { Double(raised(x, y)) }
    static func log(_ x: Double) -> Double { Double(logarithm(x)) }
}

private func exponential(_ x: Double) -> Double { exp(x) }
private func logarithm(_ x: Double) -> Double { log(x) }
private func raised(_ x: Double, _ y: Double) -> Double { pow(x, y) }
