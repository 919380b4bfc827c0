import Tessera

extension Row {
  /// Shapes, axes, selections.
  static let ofShapes: [Row] = [
    row("Axes.init(_:)", Extreme.axisLists) { _ = Axes($0).numbers },
    row("Axes.init(integerLiteral:)", Extreme.integers) { _ = Axes(integerLiteral: $0) },
    row("Axes.init(arrayLiteral:)") { _ = Axes(arrayLiteral: .min, .max, 0, 0) },
    row("Axes.resolved(in:for:)", Extreme.axisLists) { axes in
      for shape in Extreme.shapes { _ = try? Axes(axes).resolved(in: shape, for: "trial") }
    },
    row("Shape.resolvedAxis(_:for:)", Extreme.integers) { axis in
      for shape in Extreme.shapes { _ = try? shape.resolvedAxis(axis, for: "trial") }
    },
    row("Shape.reduced(over:keepingAxes:)", Extreme.axisLists) { axes in
      _ = Shape([3, 4]).reduced(over: axes, keepingAxes: true)
      _ = Shape([3, 4]).reduced(over: axes, keepingAxes: false)
    },
    row("Shape.broadcast(_:for:)", Extreme.shapes) { shape in
      for other in Extreme.shapes { _ = try? Shape.broadcast([shape, other], for: "trial") }
      _ = try Shape.broadcast([], for: "trial")
    },
    row("Shape.axis(under:of:)", Extreme.integers) {
      _ = Shape([3, 4]).axis(under: $0, of: [2, 3, 4])
    },
    row("IndexExpression.range(_:)", [0..<0, .min..<Int.max, -1..<0, Int.max..<Int.max]) {
      _ = IndexExpression.range($0)
    },
    row("Shape.append(_:)", Extreme.integers) { extent in
      var shape: Shape = [3, 4]
      shape.append(extent)
      _ = try shape.validated(for: "trial")
    },
    row("Shape.insert(_:at:)", Extreme.integers) { axis in
      var shape: Shape = [3, 4]
      shape.insert(1, at: axis)
    },
    row("Shape.reshaped(to:)", Extreme.shapes) { shape in
      for other in Extreme.shapes { _ = try? other.reshaped(to: shape) }
    },
    row("Shape.matchedGroups(_:_:)", Extreme.shapes) { shape in
      _ = Shape.matchedGroups([3, 4], [2, 6])
      _ = Shape.matchedGroups(shape, shape)
    },
    row("Axis.countBefore(_:)", Extreme.integers) { position in
      for step in [1, -1, 2, .max] {
        let selection = try Selection(
          [.slice(start: nil, end: nil, step: step)], of: [7], for: "trial")
        _ = selection.axes[0].countBefore(position)
      }
    },
    row("Selection.init(_:of:for:)", Extreme.integers) { bound in
      for shape in Extreme.shapes {
        for index in [
          IndexExpression.index(bound), .slice(start: bound, end: nil, step: 1),
          .slice(start: nil, end: bound, step: -1), .slice(start: 0, end: 1, step: bound),
          .slice(start: bound, end: bound, step: bound),
        ] {
          _ = try? Selection([index], of: shape, for: "trial").shape
        }
      }
      let many = [IndexExpression](repeating: .insertedAxis, count: 1000)
      _ = try Selection(many, of: [3, 4], for: "trial").shape
    },
    row("Shape.init(_:)", Extreme.shapes) { use(Shape(Array($0))) },
    row("Shape.elementCount(of:)", Extreme.axisLists) { axes in
      _ = Shape([3, 4]).elementCount(of: axes)
    },
    row("Shape.elementCount(of:)", Extreme.shapes) { _ = $0.elementCount(of: $0.indices) },
    row("Shape.subscript(axis:)", Extreme.integers) { _ = Shape([3, 4])[$0] },
    row("Shape.replaceSubrange(_:with:)", [0..<0, 0..<2, 2..<2]) { range in
      var shape = Shape([3, 4])
      shape.replaceSubrange(range, with: [.max, .max, .min])
      use(shape)
    },
    row("Shape.init(arrayLiteral:)") { use(Shape(arrayLiteral: .max, .min, 0, 5)) },
    row("Shape.validated(for:)", Extreme.shapes) { _ = try $0.validated(for: "trial") },
    row("TensorError.init(_:given:expected:rank:)", Extreme.integers) {
      _ = TensorError("", given: "", expected: "", rank: $0).description
    },
  ]

  /// Meshes and what lies on them.
  static let ofDistribution: [Row] = [
    row("Box.init(_:)") { _ = Box([.min..<Int.max, 0..<0]).isEmpty },
    row("Box.init(whole:)", Extreme.shapes) { _ = Box(whole: $0).elementCount },
    row("Box.intersection(_:)", Extreme.integers) {
      _ = Box([0..<5]).intersection(Box([$0..<Int.max])).elementCount
    },
    row("Box.shifted(by:)", Extreme.integers) { _ = Box([0..<5]).shifted(by: [$0]) },
    row("CutPoints.init(evenly:into:)", Extreme.integers) { number in
      for count in Extreme.integers {
        let cuts = CutPoints(evenly: number, into: count)
        _ = (cuts.extent, cuts.isEven, cuts.description)
      }
    },
    row("CutPoints.init(evenly:into:)", Extreme.integers) {
      _ = CutPoints(evenly: $0, into: 3).points
    },
    row("CutPoints.init(_:)", [[], [0], [0, 5], [1, 5], [0, 5, 3], [0, .min], [0, .max]]) {
      _ = CutPoints($0).points
    },
    row("CutPoints.subscript(index:)", Extreme.integers) { _ = CutPoints(evenly: 7, into: 3)[$0] },
    row("CutPoints.range(of:)", Extreme.integers) {
      _ = CutPoints(evenly: 7, into: 3).range(of: $0)
    },
    row("CutPoints.part(holding:)", Extreme.integers) {
      _ = CutPoints(evenly: 7, into: 3).part(holding: $0)
    },
    row("CutPoints.scaled(by:)", Extreme.integers) {
      _ = CutPoints(evenly: 7, into: 3).scaled(by: $0).points
    },
    row("Mesh.world(ranks:)", Extreme.integers) {
      let mesh = Mesh.world(ranks: $0)
      _ = (mesh.count, mesh.description)
    },
    row("Mesh.init(_:ranks:)", Extreme.integers) { ranks in
      for extent in Extreme.integers { _ = try? Mesh(["a": extent, "b": extent], ranks: ranks) }
      _ = try Mesh([:], ranks: ranks)
    },
    row("Mesh.coordinates(ofRank:)", Extreme.integers) {
      _ = try Mesh(["a": 2, "b": 3], ranks: 6).coordinates(ofRank: $0)
    },
    row("Sharding.init(mesh:_:)", Extreme.integers) {
      _ = Sharding(mesh: .world, .sharded(axis: $0, CutPoints(evenly: 5, into: 1))).description
    },
    row("MeshAxes.init(arrayLiteral:)", Extreme.integers) { _ = [0, $0] as MeshAxes },
    row("MeshAxes.subscript(position:)", Extreme.integers) { _ = ([0, 1] as MeshAxes)[$0] },
    row("Sharding.cut(of:)", Extreme.integers) {
      _ = try Sharding(.sharded(axis: 0), of: [3, 4], on: .world, for: "trial").cut(of: $0)
    },
    row("Sharding.isCut(along:)", Extreme.integers) {
      _ = try Sharding(.sharded(axis: 0), of: [3, 4], on: .world, for: "trial").isCut(along: $0)
    },
    row("Sharding.replicated(on:)") { _ = Sharding.replicated(on: .world).description },
    row("Sharding.init(_:of:on:for:)", Extreme.placements) { placement in
      for shape in Extreme.shapes {
        _ = try? Sharding(placement, of: shape, on: .world, for: "trial").description
      }
    },
    row("Sharding.box(of:in:)", Extreme.integers) {
      _ = try Sharding(.sharded(axis: 0), of: [3, 4], on: .world, for: "trial").box(
        of: $0, in: [3, 4])
    },
    row("Sharding.localShape(of:in:)", Extreme.integers) {
      _ = try Sharding(.sharded(axis: 0), of: [3, 4], on: .world, for: "trial")
        .localShape(of: $0, in: [3, 4])
    },
    row("TensorDescription.init(shape:scalarType:sharding:)", Extreme.shapes) {
      _ = describe($0).description
    },
    row("TensorDescription.with(_:)") { _ = describe([3]).with(.replicated(on: .world)) },
    row("TensorDescription.localShape(of:)", Extreme.integers) {
      _ = describe([3, 4]).localShape(of: $0)
    },
    row("TensorDescription.localElementCount(of:)", Extreme.shapes) {
      _ = describe($0).localElementCount(of: 0)
    },
    row("TensorDescription.box(of:)", Extreme.integers) { _ = describe([3, 4]).box(of: $0) },
  ]

  static func describe(_ shape: Shape) -> TensorDescription {
    TensorDescription(shape: shape, scalarType: .float32, sharding: .replicated(on: .world))
  }
}
