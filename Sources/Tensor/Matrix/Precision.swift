import CKernels

/// How exactly the factors of a product are held while it is made. Sums, and what is kept, are float32.
public enum Precision: String, Sendable, CaseIterable {
    /// As they are.
    case float32
    /// Rounded to bfloat16 (8 bits of mantissa), which processors with AVX512-BF16 multiply at twice the rate.
    case bfloat16

    /// The kernels' name for it.
    package var kernel: martlet_precision { self == .float32 ? MARTLET_FLOAT32 : MARTLET_BFLOAT16 }
}
