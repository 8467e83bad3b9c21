import Glibc

/// The functions of libm that a higher floor needs.
package enum Mathematics {
  package static func log2(_ value: Double) -> Double { Glibc.log2(value) }

  package static func power(_ base: Double, _ exponent: Double) -> Double {
    Glibc.pow(base, exponent)
  }
}
