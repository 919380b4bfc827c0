"""Orders of numbers."""

import numpy as np

from . import case
from .noise import integers, uniform


@case("jobs/sorted")
class Sorted:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        return lambda: np.sort(x)

    def torch(x):
        import torch

        return lambda: torch.sort(x).values

    def jax(x):
        import jax.numpy as jnp

        return jnp.sort, [x]


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


@case("jobs/unique")
class Unique:
    def operands(size):
        return {"x": integers(24, size, size // 20)}

    def numpy(x):
        return lambda: np.unique(x)

    def torch(x):
        return lambda: x.unique()
