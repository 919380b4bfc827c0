import Tessera

extension Row {
  /// Elements that move, and indices.
  static let ofMovement: [Row] = [
    row("Tensor.tiled(_:)", Extreme.integers) { use(matrix.tiled($0)) },
    row("Tensor.tiled(_:)", Extreme.integers) { use(Tensor<Float>.zeros([3, 0]).tiled($0, 1)) },
    row("Tensor.repeated(_:axis:)", Extreme.integers) { use(matrix.repeated($0, axis: 0)) },
    row("Tensor.repeated(_:axis:)", Extreme.integers) { use(matrix.repeated(2, axis: $0)) },
    row("Tensor.repeated(_:axis:)", Extreme.integers) {
      use(Tensor<Float>.zeros([1 << 50, 0]).repeated($0, axis: 0))
    },
    row("Tensor.rolled(by:axis:)", Extreme.integers) { use(matrix.rolled(by: $0, axis: 1)) },
    row("Tensor.rolled(by:axis:)", Extreme.integers) { use(matrix.rolled(by: 1, axis: $0)) },
    row("Tensor.rolled(by:axis:)", Extreme.integers) {
      use(Tensor<Float>.zeros([.max, 0]).rolled(by: $0, axis: 0))
    },
    row("Tensor.padded(_:with:)", Extreme.integers) { use(matrix.padded([($0, 0)], with: .nan)) },
    row("Tensor.padded(_:with:)", Extreme.integers) {
      use(matrix.padded([(0, $0), (0, 0)], with: 0))
    },
    row("Tensor.padded(_:with:)", [0, 3, 33]) {
      use(matrix.padded(Array(repeating: (1, 1), count: $0), with: 0))
    },
    row("Tensor.padded(_:by:)", Extreme.integers) {
      use(matrix.padded([($0, 0)], by: .reflection))
    },
    row("Tensor.padded(_:by:)", Extreme.integers) {
      use(matrix.padded([(0, $0), (1, 0)], by: .edge))
    },
    row("Tensor.padded(_:by:)", Extreme.operands) {
      use($0.make().padded([(2, 3)], by: .wrapping))
      use($0.make().padded([(3, 2)], by: .mirroring))
    },
    row("Tensor.padded(_:by:)", [0, 3, 33]) {
      use(matrix.padded(Array(repeating: (1, 1), count: $0), by: .reflection))
    },
    row("Tensor.unstacked(axis:)", Extreme.integers) { _ = matrix.unstacked(axis: $0) },
    row("Tensor.unstacked(axis:)", Extreme.operands) { _ = $0.make().unstacked() },
    row("Rows.subscript(position:)", Extreme.integers) { use(matrix.rows[$0]) },
    row("Tensor.diagonal(offset:)", Extreme.integers) { use(matrix.diagonal(offset: $0)) },
    row("Tensor.diagonal(offset:)", Extreme.operands) { use($0.make().diagonal()) },
    row("Tensor.triangular(_:offset:)", Extreme.integers) {
      use(matrix.triangular(.lower, offset: $0))
      use(matrix.triangular(.upper, offset: $0))
    },
    row("Tensor.diff(axis:)", Extreme.integers) { use(matrix.diff(axis: $0)) },
    row("Tensor.diff(axis:)", Extreme.operands) { use($0.make().diff()) },
    row("Tensor.reshaped(_:)", Extreme.shapes) { use(matrix.reshaped($0)) },
    row("Tensor.reshaped(_:)", Extreme.shapes) { use(Tensor<Float>.zeros([0, 3]).reshaped($0)) },
    row("Tensor.reshaped(_:)", Extreme.integers) { use(matrix.reshaped($0, -1)) },
    row("Tensor.transposed(_:_:)", Extreme.integers) { use(matrix.transposed($0, 0)) },
    row("Tensor.transposed(_:_:)", Extreme.integers) { use(matrix.transposed(1, $0)) },
    row("Tensor.permuted(_:)", Extreme.axisLists) { use(matrix.permuted($0)) },
    row("Tensor.permuted(_:)", Extreme.integers) { use(matrix.permuted($0, 0)) },
    row("Tensor.expandingAxis(at:)", Extreme.integers) { use(matrix.expandingAxis(at: $0)) },
    row("Tensor.squeezed(axes:)", Extreme.axisLists) { use(matrix.squeezed(axes: Axes($0))) },
    row("Tensor.squeezed(axes:)", Extreme.axisLists) {
      use(Tensor<Float>.ones([1, 1]).squeezed(axes: Axes($0)))
    },
    row("Tensor.expanded(to:)", Extreme.shapes) {
      _ = Tensor<Float>.ones([1]).expanded(to: $0).shape
    },
    row("Tensor.expanded(to:)", Extreme.shapes) { _ = matrix.expanded(to: $0).shape },
    row("Tensor.flipped(axes:)", Extreme.axisLists) { use(matrix.flipped(axes: Axes($0))) },
    row("Tensor.redistributed(to:)", Extreme.placements) { use(matrix.redistributed(to: $0)) },
    row("Tensor.redistributed(to:)", Extreme.operands) {
      use($0.make().redistributed(to: .sharded(axis: 0)))
    },
    row("concatenate(_:axis:)", Extreme.integers) { use(concatenate([matrix, matrix], axis: $0)) },
    row("concatenate(_:axis:)", Extreme.operands) { use(concatenate([$0.make(), matrix])) },
    row("concatenate(_:axis:)") { use(concatenate([] as [Tensor<Float>])) },
    row("stack(_:axis:)", Extreme.integers) { use(stack([matrix, matrix], axis: $0)) },
    row("stack(_:axis:)", Extreme.operands) { use(stack([$0.make(), matrix])) },
    row("stack(_:axis:)") { use(stack([] as [Tensor<Float>])) },
    row("Tensor.split(_:axis:)", Extreme.integers) { _ = matrix.split($0) },
    row("Tensor.split(_:axis:)", Extreme.integers) { _ = matrix.split(1, axis: $0) },
    row("Tensor.split(_:axis:)", Extreme.integers) { _ = Tensor<Float>.zeros([0]).split($0) },
    row("Tensor.split(extents:axis:)", Extreme.axisLists) { _ = matrix.split(extents: $0) },
    row("Tensor.split(extents:axis:)", Extreme.integers) {
      _ = matrix.split(extents: [3, $0], axis: 0)
    },
    row("Tensor.sorted(axis:descending:)", Extreme.integers) { use(matrix.sorted(axis: $0)) },
    row("Tensor.sorted(axis:descending:)", Extreme.operands) { use($0.make().sorted()) },
    row("Tensor.sort(axis:descending:)", Extreme.integers) {
      var x = matrix; x.sort(axis: $0); use(x)
    },
    row("Tensor.argsort(axis:descending:)", Extreme.integers) { use(matrix.argsort(axis: $0)) },
    row("Tensor.argsort(axis:descending:)", Extreme.operands) { use($0.make().argsort()) },
    row("Tensor.searchSorted(_:side:)", Extreme.operands) {
      use($0.make().searchSorted(matrix, side: .right))
    },
    row("Tensor.searchSorted(_:side:)", Extreme.operands) {
      use(matrix.flattened().searchSorted($0.make()))
    },
    row("Tensor.unique(assuming:)", Extreme.integers) { use(matrix.unique(assuming: $0)) },
    row("Tensor.uniqued(assuming:)", Extreme.integers) { use(matrix.uniqued(assuming: $0).counts) },
    row("Tensor.uniqued(assuming:)", Extreme.operands) { use($0.make().uniqued().inverse) },
    row("Tensor.nonZero(assuming:)", Extreme.integers) { use(matrix.nonZero(assuming: $0)) },
    row("Tensor.masked(by:assuming:)", Extreme.operands) {
      use(matrix.masked(by: $0.make() .> 0, assuming: 2))
    },
    row("Tensor.masked(by:assuming:)", Extreme.integers) { count in
      _ = try dryRun(ranks: 3) {
        use(Tensor<Float>.ones([4]).masked(by: matrix.sum(axes: 0) .> 0, assuming: count))
      }
    },
    row("Tensor.item(assuming:)", Extreme.operands) { _ = $0.make().item(assuming: 3) },
    row("Tensor.topK(_:axis:largest:)", Extreme.integers) { use(matrix.topK($0).values) },
    row("Tensor.topK(_:axis:largest:)", Extreme.integers) { use(matrix.topK(1, axis: $0).indices) },
    row("Tensor.topK(_:axis:largest:)", Extreme.operands) { use($0.make().topK(0).values) },
    row("Tensor.taking(_:axis:)", Extreme.integers) { use(matrix.taking([$0])) },
    row("Tensor.taking(_:axis:)", Extreme.integers) { use(matrix.taking([0], axis: $0)) },
    row("Tensor.taking(_:axis:)", [0, .max] as [UInt64]) {
      use(matrix.taking(Tensor<UInt64>([$0])))
    },
    row("Tensor.taking(_:axis:)", Extreme.operands) { use($0.make().taking([])) },
    row("Tensor.gathered(at:axis:)", Extreme.integers) {
      use(matrix.gathered(at: Tensor<Int64>.full([3, 1], Int64($0)), axis: 1))
    },
    row("Tensor.gathered(at:axis:)", Extreme.integers) {
      use(matrix.gathered(at: Tensor<Int64>.zeros([3, 4]), axis: $0))
    },
    row("Tensor.gathered(at:axis:)", Extreme.operands) {
      use($0.make().gathered(at: Tensor<Int64>.zeros([1]), axis: 0))
    },
    row("Tensor.scattering(_:at:axis:)", Extreme.integers) {
      use(matrix.scattering(matrix, at: Tensor<Int64>.full([3, 4], Int64($0)), axis: 1))
    },
    row("Tensor.scattering(_:at:axis:)", Extreme.integers) {
      use(matrix.scattering(matrix, at: Tensor<Int64>.zeros([3, 4]), axis: $0))
    },
    row("Tensor.scatteringSum(_:at:axis:)", Extreme.integers) {
      use(matrix.scatteringSum(matrix, at: Tensor<Int64>.full([3, 4], Int64($0)), axis: 1))
    },
    row("Tensor.scatteringProduct(_:at:axis:)", Extreme.integers) {
      use(matrix.scatteringProduct(matrix, at: Tensor<Int64>.full([3, 4], Int64($0)), axis: 1))
    },
    row("Tensor.scatteringMinimum(_:at:axis:)", Extreme.integers) {
      use(matrix.scatteringMinimum(matrix, at: Tensor<Int64>.full([3, 4], Int64($0)), axis: 1))
    },
    row("Tensor.scatteringMaximum(_:at:axis:)", Extreme.integers) {
      use(matrix.scatteringMaximum(matrix, at: Tensor<Int64>.full([3, 4], Int64($0)), axis: 1))
    },
    row("Tensor.scatteringSum(_:at:axis:)", Extreme.operands) {
      use($0.make().scatteringSum(matrix, at: Tensor<Int64>.zeros([3, 4]), axis: 0))
    },
  ]

  /// Subscripts, for reading and writing.
  static let ofIndices: [Row] = [
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[$0]) },
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[.slice($0, nil)]) },
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[.slice(nil, $0)]) },
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[..<$0]) },
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[...$0]) },
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[$0...]) },
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[.stride(by: $0)]) },
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[.stride(from: $0, to: 0, by: -1)]) },
    row("Tensor.subscript(_:)", Extreme.integers) { use(matrix[Tensor<Int64>([Int64($0)])]) },
    row("Tensor.subscript(_:)", Extreme.integers) {
      use(matrix[Tensor<Int64>([Int64($0)]), Tensor<Int64>([Int64($0)])])
    },
    row("Tensor.subscript(_:)", Extreme.integers) {
      var x = matrix; x[$0] = matrix; use(x)
    },
    row("Tensor.subscript(_:)", Extreme.integers) {
      var x = matrix
      x[.stride(by: $0)] = Tensor<Float>(1)
      use(x)
    },
    row("Tensor.subscript(_:)", Extreme.integers) {
      var x = matrix
      x[Tensor<Int64>([Int64($0)])] += 1
      use(x)
    },
    row("Tensor.subscript(_:)", Extreme.operands) { use($0.make()[-1]) },
    row("Tensor.subscript(_:)", Extreme.operands) { use($0.make()[.newAxis, .ellipsis]) },
    row("Tensor.subscript(_:)", Extreme.operands) { operand in
      var x = operand.make()
      x[...] = Tensor<Float>(2)
      use(x)
    },
    row("Tensor.subscript(_:)", Extreme.operands) { operand in
      let x = operand.make()
      use(x[x .> 0])
    },
    row("Tensor.subscript(_:)", Extreme.operands) { use(matrix[$0.make() .> 0]) },
    row("Tensor.subscript(_:)") { use(matrix[.ellipsis, .ellipsis]) },
    row("Tensor.subscript(_:)") { use(matrix[0, 0, 0]) },
    row("Tensor.subscript(_:)") {
      let value: Float? = matrix[0]; _ = value
    },
    row("Tensor.subscript(_:)") {
      var x = matrix; x[0] = nil as Float?; use(x)
    },
    row("Tensor.subscript(_:_:)", Extreme.integers) { use(matrix[..., $0]) },
    row("Tensor.subscript(_:_:)", Extreme.integers) {
      var x = matrix; x[..., $0] = Tensor(1); use(x)
    },
    row("Tensor.subscript(_:_:_:)", Extreme.integers) { use(matrix[..., ..., $0]) },
    row("Tensor.subscript(_:_:_:_:)", Extreme.integers) { use(matrix[..., ..., ..., $0]) },
    row("TensorIndex.slice(_:_:)", Extreme.integers) { use(matrix[.slice($0, $0)]) },
    row("TensorIndex.stride(from:to:by:)", Extreme.integers) {
      use(matrix[.stride(from: $0, to: $0, by: $0)])
    },
    row("IndexScalar.indexTerm(of:)") { _ = Int32.indexTerm(of: integerMatrix) },
    row("Bool.indexTerm(of:)") { _ = Bool.indexTerm(of: maskMatrix) },
  ]
}
