"""A quantile of an even number of numbers."""

import numpy as np

from . import case
from .shared.noise import uniform


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
