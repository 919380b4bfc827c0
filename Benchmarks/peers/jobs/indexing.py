"""Numbers picked at places, and put there."""

import numpy as np

from . import case
from .noise import integers, permutation, uniform


@case("jobs/gather")
class Gather:
    def operands(size):
        return {"x": uniform(1, size), "places": integers(28, size, size)}

    def numpy(x, places):
        return lambda: np.take(x, places)

    def torch(x, places):
        return lambda: x.index_select(0, places)

    def jax(x, places):
        return lambda x, places: x[places], [x, places]


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
