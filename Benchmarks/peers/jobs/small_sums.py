"""Many sums, one after another."""

from . import case
from .shared.noise import uniform


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
