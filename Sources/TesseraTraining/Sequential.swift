import Tessera

/// Modules applied one after another.
public struct Sequential<Scalar: FloatingPointTensorScalar>: Module {
  /// In the order in which they are applied.
  public let modules: [any Module<Scalar>]

  /// Modules to be applied in the given order.
  public init(_ modules: [any Module<Scalar>]) {
    self.modules = modules
  }

  /// Modules to be applied in the given order.
  @_disfavoredOverload
  public init(_ modules: any Module<Scalar>...) {
    self.modules = modules
  }

  /// Those of all modules, in their order; of one that several modules share, the first place.
  public var parameters: [Parameter<Scalar>] {
    // One pass, as training asks with every step.
    var known: Set<ObjectIdentifier> = []
    var all: [Parameter<Scalar>] = []
    for module in modules {
      for parameter in module.parameters where known.insert(ObjectIdentifier(parameter)).inserted {
        all.append(parameter)
      }
    }
    return all
  }

  /// What the last module makes of what the one before it makes, and so on from the input.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    modules.reduce(input) { $1($0) }
  }
}

// Without a word about scalars a model is one of Float.
extension Sequential where Scalar == Float {
  /// Modules of Float to be applied in the given order.
  public init(_ modules: any Module<Float>...) {
    self.init(modules)
  }
}
