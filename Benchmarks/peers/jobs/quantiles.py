"""Quantiles of an even number of numbers."""

import numpy as np

from . import case
from .noise import uniform


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


@case("jobs/quantile")
class Quantile:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        return lambda: np.quantile(x, 0.9)

    def torch(x):
        return lambda: x.quantile(0.9)

    def jax(x):
        import jax.numpy as jnp

        return lambda x: jnp.quantile(x, 0.9), [x]
