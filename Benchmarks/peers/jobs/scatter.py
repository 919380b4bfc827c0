"""Numbers put at places."""

import numpy as np

from . import case
from .shared.noise import permutation, uniform


@case("jobs/scatter")
class Scatter:
    def operands(size):
        return {"x": uniform(1, size), "places": permutation(29, size)}

    def numpy(x, places):
        def call():
            result = np.zeros_like(x)
            result[places] = x
            return result

        return call

    def torch(x, places):
        import torch

        return lambda: torch.zeros_like(x).scatter_(0, places, x)

    def jax(x, places):
        import jax.numpy as jnp

        return lambda x, places: jnp.zeros_like(x).at[places].set(x), [x, places]
