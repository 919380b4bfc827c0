import Distribution
import Shapes

/// What a body is and how it lies in its storage, without the storage.
///
/// An object of its own, so that bodies that lie alike share it: a small operation then hands one
/// reference on instead of a dozen.
package final class Outline: Sendable {
  package let description: TensorDescription
  let localShape: Shape
  let layout: Layout
  package let runtime: Runtime
  let localElementCount: Int
  /// Whether there are elements that follow each other in row-major order, wherever they begin.
  let isRowMajor: Bool
  /// Whether all elements, of which there are some, are one, repeated.
  let isSingle: Bool

  init(description: TensorDescription, localShape: Shape, layout: Layout, runtime: Runtime) {
    self.description = description
    self.localShape = localShape
    self.layout = layout
    self.runtime = runtime
    localElementCount = localShape.elementCount
    var distance = 1
    var (isRowMajor, isSingle) = (true, localElementCount > 0)
    for axis in localShape.indices.reversed() where localShape[axis] != 1 {
      isRowMajor = isRowMajor && layout.strides[axis] == distance
      isSingle = isSingle && layout.strides[axis] == 0
      distance *= localShape[axis]
    }
    self.isRowMajor = isRowMajor && runtime.dry == nil
    self.isSingle = isSingle && runtime.dry == nil
  }

  /// The same for elements of some type that begin where their storage does.
  func fromStart(_ type: ScalarType) -> Outline {
    if type == description.scalarType && layout.offset == 0 { return self }
    return Outline(
      description: description.with(type), localShape: localShape,
      layout: Layout(strides: layout.strides),
      runtime: runtime)
  }

  /// Whether shape and sharding are another's.
  func liesLike(_ other: Outline) -> Bool {
    self === other || description.liesLike(other.description)
  }
}
