/// The type of names that are others here: with whatever arguments one is called, the compiler
/// takes the call and answers it with the name to write. It has no values.
@dynamicCallable
public enum OtherName<Scalar: TensorScalar> {
  /// Any call, of any arguments with any labels.
  public func dynamicallyCall(
    withKeywordArguments arguments: KeyValuePairs<String, Any>
  ) -> Tensor<Scalar> {
    switch self {}
  }
}

/// The body of what cannot be called, because the compiler refuses it.
func unreachable() -> Never { fatalError("a declaration that is unavailable") }
