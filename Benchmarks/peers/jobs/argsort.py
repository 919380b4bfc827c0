"""The order of numbers."""

import numpy as np

from . import case
from .shared.noise import uniform


@case("jobs/argsort")
class Argsort:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        return lambda: np.argsort(x)

    def torch(x):
        return lambda: x.argsort()

    def jax(x):
        import jax.numpy as jnp

        return jnp.argsort, [x]
