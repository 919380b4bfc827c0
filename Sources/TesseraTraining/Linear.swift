import Tessera

/// Rows times a matrix, plus a row: x · weight + bias.
public struct Linear<Scalar: FloatingPointTensorScalar>: Module {
  /// [inputs, outputs], replicated.
  public let weight: Parameter<Scalar>
  /// [outputs], replicated.
  public let bias: Parameter<Scalar>

  /// A layer with random weights, uniform in ±√(6 / inputs), and a bias of zeros.
  ///
  /// The bound keeps the variance of activations from layer to layer under rectifiers (He et al.,
  /// Delving deep into rectifiers, 2015). Local; the same on every rank.
  /// - Parameters:
  ///   - inputs: numbers of a row that comes in; at least 1.
  ///   - outputs: numbers of a row that goes out; at least 1.
  ///   - key: decides the weights: layers of one shape with one key are equal, so give each its
  ///     own.
  ///   - name: names the parameters, such as `linear1.weight`.
  @_disfavoredOverload
  public init(_ inputs: Int, _ outputs: Int, key: Key = Key(0), name: String = "linear") {
    self.init(inputs: inputs, outputs: outputs, key, name)
  }

  private init(inputs: Int, outputs: Int, _ key: Key, _ name: String) {
    let bound = orEnd { () throws(TensorError) in
      guard inputs > 0, outputs > 0 else {
        throw TensorError(
          "Linear", given: "\(inputs) inputs and \(outputs) outputs",
          expected: "at least one of each")
      }
      return (6 / Scalar(inputs)).squareRoot()
    }
    weight = Parameter(
      Tensor.rand([inputs, outputs], key: key) * (2 * bound) - bound, name: "\(name).weight")
    bias = Parameter(.zeros([outputs]), name: "\(name).bias")
  }

  /// Weight and bias.
  public var parameters: [Parameter<Scalar>] { [weight, bias] }

  /// Rows of outputs, placed as the rows of `input` are; nothing moves where those are sharded.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    matmul(input, weight.value) + bias.value
  }
}

// Without a word about scalars a model is one of Float.
extension Linear where Scalar == Float {
  /// A layer of Float with random weights, uniform in ±√(6 / inputs), and a bias of zeros. Local;
  /// the same on every rank.
  ///
  /// - Parameters:
  ///   - inputs: numbers of a row that comes in; at least 1.
  ///   - outputs: numbers of a row that goes out; at least 1.
  ///   - key: decides the weights: layers of one shape with one key are equal, so give each its
  ///     own.
  ///   - name: names the parameters, such as `linear1.weight`.
  public init(_ inputs: Int, _ outputs: Int, key: Key = Key(0), name: String = "linear") {
    self.init(inputs: inputs, outputs: outputs, key, name)
  }
}
