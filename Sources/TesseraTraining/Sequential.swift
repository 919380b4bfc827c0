import Tessera

/// Modules applied one after another.
public struct Sequential<Scalar: FloatingPointTensorScalar>: Module {
  public let modules: [any Module<Scalar>]

  public init(_ modules: [any Module<Scalar>]) {
    self.modules = modules
  }

  @_disfavoredOverload
  public init(_ modules: any Module<Scalar>...) {
    self.modules = modules
  }

  /// Those of all modules, in their order.
  public var parameters: [Parameter<Scalar>] { modules.flatMap { $0.parameters } }

  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    modules.reduce(input) { $1($0) }
  }
}

// Without a word about scalars a model is one of Float.
extension Sequential where Scalar == Float {
  public init(_ modules: any Module<Float>...) {
    self.init(modules)
  }
}
