"""Numbers in order."""

import numpy as np

from . import case
from .shared.noise import uniform


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
