import Tessera

extension Row {
  private static func pairs(
    _ name: String, _ all: [Extreme.Pair] = Extreme.fewPairs,
    _ make: @escaping @Sendable (Tensor<Float>, Tensor<Float>) -> Void
  ) -> Row {
    row(name, all) { pair in
      let (a, b) = pair.make()
      make(a, b)
    }
  }

  /// The other side is an integer at the ends.
  private static func integers(
    _ name: String, _ make: @escaping @Sendable (Tensor<Int64>, Int64) -> Void
  ) -> Row {
    row(name, Extreme.fewIntegers) { make(Tensor<Int64>([.min, -1, 0, 1, .max]), Int64($0)) }
  }

  /// Operators, comparisons, functions of two and three tensors.
  static let ofArithmetic: [Row] = [
    pairs("Tensor.+(a:b:)", Extreme.pairs) { use($0 + $1) },
    pairs("Tensor.-(a:b:)") { use($0 - $1) },
    pairs("Tensor.*(a:b:)") { use($0 * $1) },
    pairs("Tensor./(a:b:)") { use($0 / $1) },
    integers("Tensor./(a:b:)") { use($0 / $1) },
    integers("Tensor./(a:b:)") { use($1 / $0) },
    pairs("Tensor.%(a:b:)") { use($0 % $1) },
    integers("Tensor.%(a:b:)") { use($0 % $1) },
    pairs("Tensor.**(a:b:)") { use($0 ** $1) },
    integers("Tensor.**(a:b:)") { use($0 ** $1) },
    integers("Tensor.**(a:b:)") { use($1 ** $0) },
    row("Tensor.-(a:)", Extreme.operands) { use(-$0.make()) },
    pairs("Tensor.+=(a:b:)", Extreme.pairs) {
      var x = $0; x += $1; use(x)
    },
    pairs("Tensor.-=(a:b:)") {
      var x = $0; x -= $1; use(x)
    },
    pairs("Tensor.*=(a:b:)") {
      var x = $0; x *= $1; use(x)
    },
    pairs("Tensor./=(a:b:)") {
      var x = $0; x /= $1; use(x)
    },
    integers("Tensor.%=(a:b:)") {
      var x = $0; x %= $1; use(x)
    },
    pairs("minimum(_:_:)") { use(minimum($0, $1)) },
    pairs("maximum(_:_:)") { use(maximum($0, $1)) },
    pairs("pow(_:_:)") { use(pow($0, $1)) },
    pairs("atan2(_:_:)") { use(atan2($0, $1)) },
    pairs("hypot(_:_:)") { use(hypot($0, $1)) },
    pairs("copySign(_:_:)") {
      use(copySign($0, $1))
      use(copySign($0, .nan))
      use(copySign(-.infinity, $1))
    },
    pairs("nextAfter(_:towards:)") {
      use(nextAfter($0, towards: $1))
      use(nextAfter($0, towards: .infinity))
    },
    pairs("logAddExp(_:_:)", Extreme.pairs) { use(logAddExp($0, $1)) },
    pairs("Tensor.floorDivided(by:)", Extreme.pairs) { use($0.floorDivided(by: $1)) },
    integers("Tensor.floorDivided(by:)") { use($0.floorDivided(by: $1)) },
    integers("Tensor.floorDivided(by:)") { use(Tensor($1).floorDivided(by: $0)) },
    integers("Tensor.&(a:b:)") { use($0 & $1) },
    integers("Tensor.|(a:b:)") { use($0 | $1) },
    integers("Tensor.^(a:b:)") { use($0 ^ $1) },
    integers("Tensor.~(a:)") { use(~($0 & $1)) },
    integers("Tensor.<<(a:b:)") { use($0 << $1) },
    integers("Tensor.<<(a:b:)") { use($1 << $0) },
    integers("Tensor.>>(a:b:)") { use($0 >> $1) },
    integers("Tensor.>>(a:b:)") { use($1 >> $0) },
    integers("Tensor.&=(a:b:)") {
      var x = $0; x &= $1; use(x)
    },
    integers("Tensor.|=(a:b:)") {
      var x = $0; x |= $1; use(x)
    },
    integers("Tensor.^=(a:b:)") {
      var x = $0; x ^= $1; use(x)
    },
    integers("Tensor.<<=(a:b:)") {
      var x = $0; x <<= $1; use(x)
    },
    integers("Tensor.>>=(a:b:)") {
      var x = $0; x >>= $1; use(x)
    },
    pairs("Tensor..==(a:b:)") { use($0 .== $1) },
    pairs("Tensor..!=(a:b:)") { use($0 .!= $1) },
    pairs("Tensor..<(a:b:)") { use($0 .< $1) },
    pairs("Tensor..<=(a:b:)") { use($0 .<= $1) },
    pairs("Tensor..>(a:b:)") { use($0 .> $1) },
    pairs("Tensor..>=(a:b:)") { use($0 .>= $1) },
    pairs("Tensor..&(a:b:)") { use(($0 .> 0) .& ($1 .> 0)) },
    pairs("Tensor..|(a:b:)") { use(($0 .> 0) .| ($1 .> 0)) },
    pairs("Tensor..^(a:b:)") { use(($0 .> 0) .^ ($1 .> 0)) },
    row("Tensor..!(a:)", Extreme.operands) { use(.!($0.make() .> 0)) },
    pairs("Tensor.==(a:b:)", Extreme.pairs) { _ = $0 == $1 },
    row("Tensor.converted(to:)", Extreme.operands) { operand in
      let x = operand.make()
      use(x.converted(to: Int8.self))
      use(x.converted(to: UInt64.self))
      use(x.converted(to: Bool.self))
      use(x.converted(to: Double.self))
    },
    pairs("select(_:_:_:)", Extreme.pairs) { use(select($0 .> 0, $0, $1)) },
    row("Tensor.map(_:)", Extreme.operands) { use($0.make().map { $0 + 1 }) },
    pairs("map2(_:_:_:)", Extreme.pairs) { use(map2($0, $1) { $0 + $1 }) },
    row("Tensor.clamped(to:)", Extreme.operands) {
      use($0.make().clamped(to: -.infinity ... .infinity))
    },
    pairs("Tensor.clamped(min:max:)", Extreme.pairs) { use($0.clamped(min: $1, max: $0)) },
    pairs("fma(_:_:_:)") { use(fma($0, $1, $0)) },
    pairs("lerp(_:_:weight:)") {
      use(lerp($0, $1, weight: $0))
      use(lerp($0, $1, weight: .nan))
    },
    pairs("Tensor.addingProduct(_:_:times:)") { use($0.addingProduct($1, $1, times: .infinity)) },
    pairs("Tensor.allClose(_:relativeTolerance:absoluteTolerance:equalNaN:)") {
      _ = $0.allClose($1, relativeTolerance: .nan, absoluteTolerance: -1, equalNaN: true)
    },
    pairs("Tensor.isClose(_:relativeTolerance:absoluteTolerance:equalNaN:)", Extreme.pairs) {
      use($0.isClose($1, relativeTolerance: .infinity, absoluteTolerance: .nan, equalNaN: true))
    },
    pairs("distances(_:_:)", Extreme.pairs) { use(distances($0, $1)) },
    pairs("meshGrid(_:order:)", Extreme.pairs) {
      for part in meshGrid([$0, $1]) + meshGrid([$1], order: .rowsFirst) { use(part) }
    },
    row("meshGrid(_:order:)", [0, 1, 2, 32, 33, 1000]) { count in
      for part in meshGrid(Array(repeating: Tensor<Float>([1]), count: count)) { use(part) }
    },
    row("meshGrid(_:order:)", [8, 31]) { count in
      let parts = meshGrid(Array(repeating: Tensor<Float>.ones([1 << 20]), count: count))
      _ = parts.map(\.shape)
    },
    pairs("matmul(_:_:result:)", Extreme.pairs) { use(matmul($0, $1)) },
    row("matmul(_:_:result:)", Extreme.placements) {
      use(matmul(matrix, matrix.transposed(), result: $0))
    },
    pairs("dot(_:_:)", Extreme.pairs) { use(dot($0, $1)) },
    pairs("outer(_:_:)", Extreme.fewPairs) { use(outer($0, $1)) },
  ]

  /// Functions of one tensor, which are methods too.
  static let ofFunctions: [Row] = functions.map { name, function in
    row(name, [Extreme.operands[3], Extreme.operands[5], Extreme.operands[6]]) {
      use(function($0.make()))
    }
  }

  private static let functions: [(String, @Sendable (Tensor<Float>) -> Tensor<Float>)] = [
    ("exp(_:)", { exp($0) }), ("expm1(_:)", { expm1($0) }), ("log(_:)", { log($0) }),
    ("log1p(_:)", { log1p($0) }), ("log2(_:)", { log2($0) }), ("log10(_:)", { log10($0) }),
    ("sqrt(_:)", { sqrt($0) }), ("rsqrt(_:)", { rsqrt($0) }),
    ("cubeRoot(_:)", { cubeRoot($0) }), ("floor(_:)", { floor($0) }),
    ("ceil(_:)", { ceil($0) }), ("round(_:)", { round($0) }), ("trunc(_:)", { trunc($0) }),
    ("sin(_:)", { sin($0) }), ("cos(_:)", { cos($0) }), ("tan(_:)", { tan($0) }),
    ("asin(_:)", { asin($0) }), ("acos(_:)", { acos($0) }), ("atan(_:)", { atan($0) }),
    ("sinh(_:)", { sinh($0) }), ("cosh(_:)", { cosh($0) }), ("tanh(_:)", { tanh($0) }),
    ("asinh(_:)", { asinh($0) }), ("acosh(_:)", { acosh($0) }), ("atanh(_:)", { atanh($0) }),
    ("sigmoid(_:)", { sigmoid($0) }), ("erf(_:)", { erf($0) }), ("gelu(_:)", { gelu($0) }),
    ("softplus(_:)", { softplus($0) }), ("reciprocal(_:)", { reciprocal($0) }),
    ("abs(_:)", { abs($0) }), ("sign(_:)", { sign($0) }), ("square(_:)", { square($0) }),
    ("relu(_:)", { relu($0) }),
    ("stopGradient(_:)", { stopGradient($0) }),
  ]
}
