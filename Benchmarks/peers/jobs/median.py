"""The median of an even number of numbers."""

import numpy as np

from . import case
from .shared.noise import uniform


@case("jobs/median")
class Median:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        return lambda: np.median(x)

    def torch(x):
        # `median` gives the lower one of the two in the middle.
        half = len(x) // 2
        return lambda: (x.kthvalue(half).values + x.kthvalue(half + 1).values) / 2

    def jax(x):
        import jax.numpy as jnp

        return jnp.median, [x]
