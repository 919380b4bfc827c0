"""Products of a series with itself, shifted."""

import numpy as np

from . import case
from .shared.noise import normal


@case("jobs/autocorrelation")
class Autocorrelation:
    def operands(size):
        return {"x": normal(5, size)}

    def numpy(x):
        return lambda: np.array([x[: len(x) - lag] @ x[lag:] for lag in range(10)])

    def torch(x):
        import torch

        return lambda: torch.stack([x[: len(x) - lag] @ x[lag:] for lag in range(10)])

    def jax(x):
        import jax.numpy as jnp

        return lambda x: jnp.stack([x[: len(x) - lag] @ x[lag:] for lag in range(10)]), [x]
