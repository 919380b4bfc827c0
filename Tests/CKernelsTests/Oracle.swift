import CKernels
import Foundation

/// The widest floating-point type that the C library has functions for: the oracle of Double. Where
/// there is none wider, Double's own library is the oracle, and its error adds to what is measured.
#if arch(x86_64)
  typealias Widest = Float80
#else
  typealias Widest = Double
#endif

/// What an oracle's activations are made of.
protocol Oracle: BinaryFloatingPoint, Sendable {
  static func exp(_ x: Self) -> Self
  static func log1p(_ x: Self) -> Self
  static func erfc(_ x: Self) -> Self
}

extension Double: Oracle {
  static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  static func log1p(_ x: Double) -> Double { Foundation.log1p(x) }
  static func erfc(_ x: Double) -> Double { Foundation.erfc(x) }
}

#if arch(x86_64)
  extension Float80: Oracle {
    static func exp(_ x: Float80) -> Float80 { Foundation.exp(x) }
    static func log1p(_ x: Float80) -> Float80 { Foundation.log1p(x) }
    static func erfc(_ x: Float80) -> Float80 { Foundation.erfc(x) }
  }
#endif

func sigmoid<R: Oracle>(_ x: R) -> R {
  let e = R.exp(-abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}

func softplus<R: Oracle>(_ x: R) -> R {
  x.isNaN ? x : (x > 0 ? x : 0) + R.log1p(R.exp(-abs(x)))
}

/// x erfc(z) / 2 with z = -x / √2. The tail of erfc has the condition number 2 z², so z is kept in
/// two parts and the derivative of erfc, -erfc(z) (2 z + z / (z² + 1)) nearly, corrects for the
/// lower one.
func gelu<R: Oracle>(_ x: R) -> R {
  if x < -60 { return -0.0 }
  let root = R(0.5).squareRoot()
  let rest = R(0.5).addingProduct(-root, root) / (2 * root)
  let z = -x * root
  guard x < 0 else { return x * 0.5 * R.erfc(z) }
  let low = (-z).addingProduct(-x, root) - x * rest
  return x * 0.5 * R.erfc(z) * (1 - low * z * (2 + 1 / (z * z + 1)))
}

/// A floating-point type of the kernels, and the type of its oracle.
protocol RealElement: Element, BinaryFloatingPoint {
  associatedtype Reference: Oracle
  static func reference(of function: Mathematical) -> (Self) -> Reference
  static func reference(of function: MathematicalPair) -> (Self, Self) -> Reference
  /// The value whose bits begin with `top`; the rest differ from round to round.
  init(top: UInt16, round: UInt64)
}

extension Float: RealElement {
  static func reference(of function: Mathematical) -> (Float) -> Double {
    { function.reference(Double($0)) }
  }
  static func reference(of function: MathematicalPair) -> (Float, Float) -> Double {
    { function.reference(Double($0), Double($1)) }
  }
  /// 65536 rounds have every value, each once.
  init(top: UInt16, round: UInt64) {
    var generator = SplitMix(state: UInt64(top))
    let rest = UInt32(truncatingIfNeeded: generator.next() &+ round &* 40503) & 0xFFFF
    self.init(bitPattern: UInt32(top) << 16 | rest)
  }
}

extension Double: RealElement {
  static func reference(of function: Mathematical) -> (Double) -> Widest {
    { function.wide(Widest($0)) }
  }
  static func reference(of function: MathematicalPair) -> (Double, Double) -> Widest {
    { function.wide(Widest($0), Widest($1)) }
  }
  init(top: UInt16, round: UInt64) {
    var generator = SplitMix(state: UInt64(top) << 32 | round)
    self.init(bitPattern: UInt64(top) << 48 | generator.next() >> 16)
  }
}

extension RealElement {
  /// 65536 values over the whole type: every exponent, both signs, infinities and NaNs.
  static func sweep(round: UInt64 = 0) -> [Self] {
    (0...UInt16.max).map { Self(top: $0, round: round) }
  }

  /// How far results of this type may lie from their oracle: 4 ulp, and one more where the oracle
  /// is no wider.
  static var tolerance: Double { Reference.self == Self.self ? 5 : 4 }
}

/// The distance of a result from the reference, in units of the reference's last place; infinite
/// where one is a NaN and the other is not, or a zero or infinity has the wrong sign.
func ulps<T: RealElement>(_ value: T, from reference: T.Reference) -> Double {
  if reference.isNaN { return value.isNaN ? 0 : .infinity }
  let rounded = T(reference)
  if value == rounded && value.sign != rounded.sign { return .infinity }
  if !rounded.isFinite && value == rounded { return 0 }
  if !rounded.isFinite || !value.isFinite {
    // Overflow a little early or late: count from the largest finite value.
    let edge = T.Reference(T.greatestFiniteMagnitude) * (1 - 8 * T.Reference(T.ulpOfOne))
    let isNearEdge = abs(T.Reference(value)) >= edge && abs(reference) >= edge
    return isNearEdge && value.sign == rounded.sign ? 1 : .infinity
  }
  return Double(abs(T.Reference(value) - reference) / T.Reference(rounded.ulp))
}

/// The largest error of a run of results, and where it is.
struct WorstError<T: RealElement> {
  var error = 0.0
  var place = 0

  init(_ results: [T], from references: [T.Reference]) {
    for (i, (y, reference)) in zip(results, references).enumerated() {
      let error = ulps(y, from: reference)
      if error > self.error { (self.error, self.place) = (error, i) }
    }
  }
}

/// TESSERA_ERROR_ROUNDS: how many sweeps are measured; 4 unless set.
let errorRounds: UInt64 =
  ProcessInfo.processInfo.environment["TESSERA_ERROR_ROUNDS"].flatMap { UInt64($0) } ?? 4

/// TESSERA_PRINT_ERRORS: prints a row of a table for each function measured.
func printErrors<T: RealElement>(_: T.Type, _ name: String, _ worst: [(set: String, text: String)])
{
  guard ProcessInfo.processInfo.environment["TESSERA_PRINT_ERRORS"] != nil else { return }
  print(
    "| \(T.self) | \(name) | " + worst.map { "\($0.set) \($0.text)" }.joined(separator: " | ")
      + " |")
}
