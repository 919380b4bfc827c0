"""numexpr: expressions in one pass, on all threads but for reductions. It has neither shapes, products nor random numbers."""

import sys

import peer

try:
    import numexpr
except ImportError as error:
    sys.exit(str(error))

numexpr.set_num_threads(peer.THREADS)

# `x, y` is what an expression reads: numexpr looks names up in the caller's variables.
peer.serve_statements(
    {
        case: f"numexpr.evaluate('{expression}', {{{names}}}{out})"
        for case, expression, names, out in [
            ("elementwise/add", "x + y", "'x': x, 'y': y", ""),
            ("elementwise/add-in-place", "x + y", "'x': x, 'y': y", ", out=x"),
            ("elementwise/add-into", "x + y", "'x': x, 'y': y", ", out=z"),
            ("elementwise/broadcast", "column + row", "'column': column, 'row': row", ""),
            ("elementwise/exp", "exp(x)", "'x': x", ""),
            ("elementwise/chain", "x * y + 2 * x - tanh(y)", "'x': x, 'y': y", ""),
            ("reduction/sum", "sum(x)", "'x': x", ""),
            ("reduction/sum-axis-0", "sum(x, 0)", "'x': x", ""),
            ("reduction/sum-axis-1", "sum(x, 1)", "'x': x", ""),
            ("reduction/max", "max(x)", "'x': x", ""),
            ("overhead/add", "x + y", "'x': x, 'y': y", ""),
        ]
    },
    {"numexpr": numexpr},
)
