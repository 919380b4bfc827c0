import Tessera

// The operations of programs by their names: what numbers of any type, integers, floating point and masks have.

extension Tensor where Scalar: NumericTensorScalar {
  func performNumeric(_ step: Step, _ environment: inout Environment) throws -> [any AnyTensor]? {
    if let result = try unary(step) ?? binary(step, environment) ?? compared(step, environment)
      ?? reduced(step) ?? ordered(step) ?? product(step, environment)
    {
      return result
    }
    switch step.name {
    case "update": return [try updated(step, &environment)]
    case "clamped":
      let (low, high): (Scalar, Scalar) = (try step.scalar("low"), try step.scalar("high"))
      return [clamped(to: low...high)]
    case "clampedBetween":
      return [
        clamped(min: try environment.operand(step, 1), max: try environment.operand(step, 2))
      ]
    case "addingProduct":
      return [addingProduct(try environment.operand(step, 1), try environment.operand(step, 2))]
    case "histogram":
      let (low, high): (Scalar, Scalar) = (try step.scalar("low"), try step.scalar("high"))
      return [histogram(bins: try step.integer("bins"), in: low...high)]
    case "diff": return [diff(axis: try step.integer("axis"))]
    case "unique": return [unique()]
    case "scatteringSum":
      return [
        scatteringSum(
          try environment.operand(step, 1), at: try environment.operand(step, 2, as: Int64.self),
          axis: try step.integer("axis"))
      ]
    default: return nil
    }
  }

  private func unary(_ step: Step) throws -> [any AnyTensor]? {
    switch step.name {
    case "neg": [-self]
    case "abs": [abs()]
    case "square": [square()]
    case "relu": [relu()]
    case "sign": [sign()]
    default: nil
    }
  }

  private typealias Function = (
    whole: (Tensor, Tensor) -> Tensor, right: (Tensor, Scalar) -> Tensor,
    left: (Scalar, Tensor) -> Tensor
  )

  private static func function(_ name: Substring) -> Function? {
    switch name {
    case "add": ({ $0 + $1 }, { $0 + $1 }, { $0 + $1 })
    case "subtract": ({ $0 - $1 }, { $0 - $1 }, { $0 - $1 })
    case "multiply": ({ $0 * $1 }, { $0 * $1 }, { $0 * $1 })
    case "divide": ({ $0 / $1 }, { $0 / $1 }, { $0 / $1 })
    case "remainder": ({ $0 % $1 }, { $0 % $1 }, { $0 % $1 })
    case "power": ({ $0 ** $1 }, { $0 ** $1 }, { $0 ** $1 })
    case "minimum":
      ({ Tessera.minimum($0, $1) }, { Tessera.minimum($0, $1) }, { Tessera.minimum($0, $1) })
    case "maximum":
      ({ Tessera.maximum($0, $1) }, { Tessera.maximum($0, $1) }, { Tessera.maximum($0, $1) })
    default: nil
    }
  }

  private func binary(_ step: Step, _ environment: Environment) throws -> [any AnyTensor]? {
    guard let function = Self.function(step.name) else { return nil }
    guard step.has("number") else {
      return [function.whole(self, try environment.operand(step, 1))]
    }
    let number: Scalar = try step.scalar("number")
    return [
      try step.word("side") == "left" ? function.left(number, self) : function.right(self, number)
    ]
  }

  private func updated(_ step: Step, _ environment: inout Environment) throws -> Tensor {
    var result = self
    if step.has("number") {
      let number: Scalar = try step.scalar("number")
      switch try step.word("function") {
      case "add": result += number
      case "subtract": result -= number
      case "multiply": result *= number
      case "divide": result /= number
      case "remainder": result %= number
      case let name: throw Malformed("the function \(name)")
      }
      return result
    }
    let other: Tensor =
      step.operands[1] == step.operands[0] ? self : try environment.operand(step, 1)
    switch try step.word("function") {
    case "add": result += other
    case "subtract": result -= other
    case "multiply": result *= other
    case "divide": result /= other
    case "remainder": result %= other
    case let name: throw Malformed("the function \(name)")
    }
    return result
  }

  private func compared(_ step: Step, _ environment: Environment) throws -> [any AnyTensor]? {
    guard ["less", "lessEqual", "greater", "greaterEqual"].contains(step.name) else { return nil }
    if step.has("number") {
      let number: Scalar = try step.scalar("number")
      let isLeft = try step.word("side") == "left"
      switch step.name {
      case "less": return [isLeft ? number .< self : self .< number]
      case "lessEqual": return [isLeft ? number .<= self : self .<= number]
      case "greater": return [isLeft ? number .> self : self .> number]
      default: return [isLeft ? number .>= self : self .>= number]
      }
    }
    let other: Tensor = try environment.operand(step, 1)
    switch step.name {
    case "less": return [self .< other]
    case "lessEqual": return [self .<= other]
    case "greater": return [self .> other]
    default: return [self .>= other]
    }
  }

  private func reduced(_ step: Step) throws -> [any AnyTensor]? {
    let axes = try step.axes()
    let keep = step.has("keep") ? try step.flag("keep") : false
    if step.has("initial") {
      let initial: Scalar = try step.scalar("initial")
      let all = axes ?? Axes(shape.indices)
      switch step.name {
      case "min": return [min(axes: all, keepingAxes: keep, initial: initial)]
      default: return [max(axes: all, keepingAxes: keep, initial: initial)]
      }
    }
    switch (step.name, axes) {
    case ("min", nil): return [min()]
    case ("max", nil): return [max()]
    case ("min", let axes?): return [min(axes: axes, keepingAxes: keep)]
    case ("product", nil): return [product()]
    case ("product", let axes?): return [product(axes: axes, keepingAxes: keep)]
    case ("max", let axes?): return [max(axes: axes, keepingAxes: keep)]
    case ("argmin", _), ("argmax", _):
      let axis = step.has("axis") ? try step.integer("axis") : nil
      return step.name == "argmin"
        ? [argmin(axis: axis, keepingAxes: keep)] : [argmax(axis: axis, keepingAxes: keep)]
    default: return nil
    }
  }

  private func ordered(_ step: Step) throws -> [any AnyTensor]? {
    switch step.name {
    case "sorted":
      return [sorted(axis: try step.integer("axis"), descending: try step.flag("descending"))]
    case "argsort":
      return [argsort(axis: try step.integer("axis"), descending: try step.flag("descending"))]
    case "topK":
      let (values, indices) = topK(
        try step.integer("count"), axis: try step.integer("axis"), largest: try step.flag("largest")
      )
      return [values, indices]
    default: return nil
    }
  }

  private func product(_ step: Step, _ environment: Environment) throws -> [any AnyTensor]? {
    switch step.name {
    case "matmul": [matmul(self, try environment.operand(step, 1))]
    case "dot": [dot(self, try environment.operand(step, 1))]
    case "outer": [outer(self, try environment.operand(step, 1))]
    default: nil
    }
  }
}

extension Tensor where Scalar: IntegerTensorScalar {
  func performInteger(_ step: Step, _ environment: inout Environment) throws -> [any AnyTensor]? {
    if step.name == "not" { return [~self] }
    if step.name == "oneHot" { return [try oneHot(step)] }
    let function:
      (
        whole: (Tensor, Tensor) -> Tensor, right: (Tensor, Scalar) -> Tensor,
        left: (Scalar, Tensor) -> Tensor
      )
    switch step.name {
    case "and": function = ({ $0 & $1 }, { $0 & $1 }, { $0 & $1 })
    case "or": function = ({ $0 | $1 }, { $0 | $1 }, { $0 | $1 })
    case "xor": function = ({ $0 ^ $1 }, { $0 ^ $1 }, { $0 ^ $1 })
    case "shiftLeft": function = ({ $0 << $1 }, { $0 << $1 }, { $0 << $1 })
    case "shiftRight": function = ({ $0 >> $1 }, { $0 >> $1 }, { $0 >> $1 })
    default: return nil
    }
    guard step.has("number") else {
      return [function.whole(self, try environment.operand(step, 1))]
    }
    let number: Scalar = try step.scalar("number")
    return [
      try step.word("side") == "left" ? function.left(number, self) : function.right(self, number)
    ]
  }

  private func oneHot(_ step: Step) throws -> any AnyTensor {
    let classes = try step.integer("classes")
    switch try step.word("type") {
    case "float32": return oneHot(classes: classes, as: Float.self)
    case "float64": return oneHot(classes: classes, as: Double.self)
    case "int32": return oneHot(classes: classes, as: Int32.self)
    case "uint8": return oneHot(classes: classes, as: UInt8.self)
    case let name: throw Malformed("oneHot as \(name)")
    }
  }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  func performFloating(_ step: Step, _ environment: inout Environment) throws -> [any AnyTensor]? {
    if let result = function(step.name) { return [result] }
    let axes = try step.axes()
    let keep = step.has("keep") ? try step.flag("keep") : false
    let ddof = step.has("ddof") ? try step.integer("ddof") : 0
    switch (step.name, axes) {
    case ("atan2", _): return [atan2(self, try environment.operand(step, 1))]
    case ("hypot", _): return [hypot(self, try environment.operand(step, 1))]
    case ("lerp", _):
      let (other, weight): (Tensor, Tensor) = (
        try environment.operand(step, 1), try environment.operand(step, 2)
      )
      return [Tessera.lerp(self, other, weight: weight)]
    case ("isNaN", _): return [isNaN()]
    case ("isFinite", _): return [isFinite()]
    case ("isInfinite", _): return [isInfinite()]
    case ("mean", nil): return [mean()]
    case ("mean", let axes?): return [mean(axes: axes, keepingAxes: keep)]
    case ("variance", nil): return [variance(ddof: ddof)]
    case ("variance", let axes?): return [variance(axes: axes, keepingAxes: keep, ddof: ddof)]
    case ("standardDeviation", nil): return [standardDeviation(ddof: ddof)]
    case ("standardDeviation", let axes?):
      return [standardDeviation(axes: axes, keepingAxes: keep, ddof: ddof)]
    case ("norm", nil): return [norm()]
    case ("norm", let axes?): return [norm(axes: axes, keepingAxes: keep)]
    case ("logSumExp", let axes?): return [logSumExp(axes: axes, keepingAxes: keep)]
    case ("softmax", _): return [softmax(axis: try step.integer("axis"))]
    case ("logSoftmax", _): return [logSoftmax(axis: try step.integer("axis"))]
    default: return nil
    }
  }

  func function(_ name: Substring) -> Tensor? {
    switch name {
    case "exp": exp()
    case "expm1": expm1()
    case "log": log()
    case "log1p": log1p()
    case "log2": log2()
    case "log10": log10()
    case "sqrt": sqrt()
    case "rsqrt": rsqrt()
    case "floor": floor()
    case "ceil": ceil()
    case "round": round()
    case "trunc": trunc()
    case "sin": sin()
    case "cos": cos()
    case "tan": tan()
    case "asin": asin()
    case "acos": acos()
    case "atan": atan()
    case "sinh": sinh()
    case "cosh": cosh()
    case "tanh": tanh()
    case "asinh": asinh()
    case "acosh": acosh()
    case "atanh": atanh()
    case "sigmoid": sigmoid()
    case "erf": erf()
    case "gelu": gelu()
    case "softplus": softplus()
    case "reciprocal": reciprocal()
    default: nil
    }
  }
}

extension Tensor where Scalar == Bool {
  func performBoolean(_ step: Step, _ environment: inout Environment) throws -> [any AnyTensor]? {
    let axes = try step.axes()
    let keep = step.has("keep") ? try step.flag("keep") : false
    switch (step.name, axes) {
    case ("and", _): return [self .& (try environment.operand(step, 1))]
    case ("or", _): return [self .| (try environment.operand(step, 1))]
    case ("xor", _): return [self .^ (try environment.operand(step, 1))]
    case ("not", _): return [.!self]
    case ("any", nil): return [any()]
    case ("all", nil): return [all()]
    case ("any", let axes?): return [any(axes: axes, keepingAxes: keep)]
    case ("all", let axes?): return [all(axes: axes, keepingAxes: keep)]
    case ("select", _):
      guard let chosen = try environment.tensor(step.operands[1]) as? any Selectable else {
        return nil
      }
      return [try chosen.selected(by: self, step, environment)]
    default: return nil
    }
  }
}

/// The side of `select` that knows the scalar type.
private protocol Selectable {
  func selected(
    by mask: Tensor<Bool>, _ step: Step, _ environment: Environment
  ) throws -> any AnyTensor
}

extension Tensor: Selectable {
  fileprivate func selected(
    by mask: Tensor<Bool>, _ step: Step, _ environment: Environment
  ) throws -> any AnyTensor {
    select(mask, self, try environment.operand(step, 2))
  }
}

extension Step {
  /// The axes of a reduction; nil for all.
  func axes() throws -> Axes? { has("axes") ? Axes(try integers("axes")) : nil }
}
