"""Many operations on little."""

import numpy as np

from . import case
from .noise import normal, uniform


def _add(x, y, steps):
    total = x
    for _ in range(steps):
        total = total + y
    return total


@case("jobs/small-sums")
class SmallSums:
    def operands(size):
        return {"x": uniform(1, 100), "y": uniform(26, 100), "steps": size}

    # One sum after another, which a compiled loop would not be: JAX has none.
    def numpy(x, y, steps):
        return lambda: _add(x, y, steps)

    def torch(x, y, steps):
        return lambda: _add(x, y, steps)


@case("jobs/small-products")
class SmallProducts:
    def operands(size):
        return {"x": normal(30, size, 8, 8, dtype=np.float32), "y": normal(31, size, 8, 8, dtype=np.float32)}

    def numpy(x, y):
        return lambda: x @ y

    def torch(x, y):
        return lambda: x @ y

    def jax(x, y):
        return lambda x, y: x @ y, [x, y]
