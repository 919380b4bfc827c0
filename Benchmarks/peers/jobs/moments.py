"""Moments."""

import numpy as np

from . import case
from .shared.noise import uniform


@case("jobs/moments")
class Moments:
    def operands(size):
        return {"x": uniform(1, size) ** 2}

    def numpy(x):
        def call():
            mean = x.mean()
            distance = x - mean
            square = distance * distance
            variance = square.mean()
            skewness = square @ distance / len(x) / variance**1.5
            return np.array([mean, variance, skewness, square @ square / len(x) / variance**2 - 3])

        return call

    def torch(x):
        import torch

        def call():
            mean = x.mean()
            distance = x - mean
            square = distance * distance
            variance = square.mean()
            skewness = square @ distance / len(x) / variance**1.5
            return torch.stack([mean, variance, skewness, square @ square / len(x) / variance**2 - 3])

        return call

    def jax(x):
        import jax.numpy as jnp

        def moments(x):
            mean = x.mean()
            distance = x - mean
            variance = (distance**2).mean()
            skewness = (distance**3).mean() / variance**1.5
            return jnp.stack([mean, variance, skewness, (distance**4).mean() / variance**2 - 3])

        return moments, [x]
