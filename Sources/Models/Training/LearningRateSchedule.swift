#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How the learning rate changes from step to step: a linear warm-up, then constant or falling to 0 at the last step.
struct LearningRateSchedule: Sendable, Equatable {
    /// What follows the warm-up.
    enum Shape: String, Sendable, CaseIterable {
        /// The rate stays.
        case constant
        /// It falls along a line.
        case linear
        /// It falls along half a cosine. Source: Loshchilov and Hutter, "SGDR" (2017).
        case cosine
    }

    /// What follows the warm-up.
    var shape: Shape
    /// How many steps the warm-up takes; 0: none.
    var warmUp: Int

    /// What the learning rate is multiplied with at a step.
    ///
    /// - Parameters:
    ///   - step: counted from 0.
    ///   - total: how many steps there will be at most.
    func factor(step: Int, of total: Int) -> Double {
        if step < warmUp { return Double(step + 1) / Double(warmUp + 1) }
        let progress = min(1, Double(step - warmUp) / Double(max(total - warmUp, 1)))
        switch shape {
        case .constant: return 1
        case .linear: return 1 - progress
        case .cosine: return (1 + cos(progress * .pi)) / 2
        }
    }
}
