"""NumPy, with SciPy for jobs: an operation a pass, on one thread but for products."""

import peer
import jobs
import numpy

peer.serve_statements(
    {
        "elementwise/add": "x + y",
        "elementwise/add-in-place": "numpy.add(x, y, out=x)",
        "elementwise/add-into": "numpy.add(x, y, out=z)",
        "elementwise/broadcast": "column + row",
        "elementwise/exp": "numpy.exp(x)",
        "elementwise/chain": "x * y + 2 * x - numpy.tanh(y)",
        "reduction/sum": "x.sum()",
        "reduction/sum-axis-0": "x.sum(axis=0)",
        "reduction/sum-axis-1": "x.sum(axis=1)",
        "reduction/max": "x.max()",
        "shape/transposed-copy": "numpy.copyto(z, x.T)",
        "shape/concatenate-0": "numpy.concatenate([x, y], axis=0)",
        "shape/concatenate-1": "numpy.concatenate([x, y], axis=1)",
        "matmul/float32": "x @ y",
        "matmul/float64": "x @ y",
        "random/rand": "generator.random((rows, columns), dtype=numpy.float32)",
        "random/randn": "generator.standard_normal((rows, columns), dtype=numpy.float32)",
        "overhead/add": "x + y",
    },
    {"numpy": numpy, "generator": numpy.random.default_rng(7)},
    functions=jobs.functions("numpy"),
)
