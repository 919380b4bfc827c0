import Execution
import Tessera
import TestSupport

/// The variables of a running program.
struct Environment {
  let runtime: Runtime
  private(set) var variables: [Int: any AnyTensor] = [:]

  init(runtime: Runtime) { self.runtime = runtime }

  mutating func run(_ step: Step) throws {
    var results: [any AnyTensor]?
    if let first = step.operands.first {
      var tensor = try tensor(first)
      // A consumed variable gives its tensor away, so that it is changed where it is.
      for name in step.consumed { variables[name] = nil }
      if step.consumed.contains(first) {
        results = try Self.perform(step, on: &tensor, in: &self)
      } else {
        results = try tensor.perform(step, in: &self)
      }
    } else {
      results = try created(step)
    }
    guard let results else { throw Malformed("the operation \(step.name)") }
    guard results.count == step.results.count else {
      throw Malformed("\(results.count) results of \(step.name)")
    }
    for (name, result) in zip(step.results, results) { variables[name] = result }
  }

  private static func perform(
    _ step: Step, on tensor: inout any AnyTensor, in environment: inout Environment
  ) throws -> [any AnyTensor]? {
    // The only reference to the tensor moves to the one who changes it.
    let own = tensor
    tensor = Tensor<Bool>(false)
    return try own.perform(step, in: &environment)
  }

  mutating func set(_ name: Int, _ tensor: any AnyTensor) { variables[name] = tensor }

  func tensor(_ name: Int) throws -> any AnyTensor {
    guard let tensor = variables[name] else { throw Malformed("no variable \(name)") }
    return tensor
  }

  func operand<S>(_ step: Step, _ number: Int, as type: S.Type = S.self) throws -> Tensor<S> {
    guard step.operands.count > number,
      let tensor = try tensor(step.operands[number]) as? Tensor<S>
    else { throw Malformed("operand \(number) of \(step.name) is no \(S.self)") }
    return tensor
  }

  // MARK: Tensors out of nothing

  private func created(_ step: Step) throws -> [any AnyTensor] {
    func make<S: TensorScalar>(_ type: S.Type) throws -> any AnyTensor {
      if step.name == "leaf" { return try leaf(step, type) }
      if step.name == "full" {
        return Tensor<S>.full(
          try step.shape(), try step.scalar("number"), sharding: try Self.sharding(step))
      }
      guard let numeric = type as? any NumericTensorScalar.Type else {
        throw Malformed("\(step.name) of \(type)")
      }
      return try Self.numeric(step, numeric)
    }
    return [try withScalar(named: step.word("type")) { try make($0) }]
  }

  private func leaf<S: TensorScalar>(_ step: Step, _ type: S.Type) throws -> any AnyTensor {
    let words = try step.word("placement").split(separator: ":")
    let axis = words.count > 1 ? Int(words[1]) ?? 0 : 0
    let placement: OperandPlacement =
      switch words[0] {
      case "sharded": .sharded(axis)
      case "uneven": .unevenly(axis)
      case "partial": .partial
      default: .replicated
      }
    return try Tensor<S>(
      decoded(step.word("values")), shape: step.shape(), placed: placement,
      hasOneTerm: true, on: runtime)
  }

  private static func sharding(_ step: Step) throws -> Placement {
    step.has("sharding") ? .sharded(axis: try step.integer("sharding")) : .replicated
  }

  private static func numeric<S: NumericTensorScalar>(
    _ step: Step, _ type: S.Type
  ) throws -> any AnyTensor {
    let sharding = try sharding(step)
    switch step.name {
    case "zeros": return Tensor<S>.zeros(try step.shape(), sharding: sharding)
    case "ones": return Tensor<S>.ones(try step.shape(), sharding: sharding)
    case "arange": return Tensor<S>.arange(try step.integer("count"), sharding: sharding)
    case "eye":
      return Tensor<S>.eye(
        try step.integer("count"), columns: try step.integer("columns"), sharding: sharding)
    default: break
    }
    if let floating = type as? any FloatingPointTensorScalar.Type {
      return try ranged(step, floating, sharding)
    }
    if let integer = type as? any IntegerTensorScalar.Type {
      return try ranged(step, integer, sharding)
    }
    throw Malformed("\(step.name) of \(type)")
  }

  private static func ranged<S: FloatingPointTensorScalar>(
    _ step: Step, _ type: S.Type, _ sharding: Placement
  ) throws -> any AnyTensor {
    let (low, high): (S, S) = (try step.scalar("low"), try step.scalar("high"))
    if step.name == "linspace" {
      return Tensor.linspace(
        from: low, to: high, count: try step.integer("count"), sharding: sharding)
    }
    return Tensor.arange(from: low, to: high, by: S(try step.integer("by")), sharding: sharding)
  }

  private static func ranged<S: IntegerTensorScalar>(
    _ step: Step, _ type: S.Type, _ sharding: Placement
  ) throws -> any AnyTensor {
    Tensor<S>.arange(
      from: try step.scalar("low"), to: try step.scalar("high"), by: try step.integer("by"),
      sharding: sharding)
  }
}
