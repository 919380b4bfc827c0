"""Covariances of columns."""

import numpy as np

from . import case
from .shared.noise import normal


@case("jobs/covariance")
class Covariance:
    def operands(size):
        return {"x": normal(23, size, 50)}

    def numpy(x):
        return lambda: np.cov(x, rowvar=False)

    def torch(x):
        import torch

        return lambda: torch.cov(x.T)

    def jax(x):
        import jax.numpy as jnp

        return lambda x: jnp.cov(x, rowvar=False), [x]
