"""Conjugate gradients."""

import numpy as np

from . import case
from .shared.noise import normal, uniform


def _solve(a, b, zeros):
    x, rest, direction = zeros, b, b
    square = rest @ rest
    for _ in range(20):
        image = a @ direction
        length = square / (direction @ image)
        x = x + length * direction
        rest = rest - length * image
        following = rest @ rest
        direction = rest + following / square * direction
        square = following
    return x


@case("jobs/conjugate-gradients")
class ConjugateGradients:
    def operands(size):
        noise = uniform(15, size, size)
        a = 0.01 * (noise + noise.T) - 0.01 + np.diag(1 + 0.5 * np.arange(size))
        return {"a": a, "b": normal(16, size)}

    def numpy(a, b):
        return lambda: _solve(a, b, np.zeros_like(b))

    def torch(a, b):
        import torch

        return lambda: _solve(a, b, torch.zeros_like(b))

    def jax(a, b):
        import jax.numpy as jnp

        return lambda a, b: _solve(a, b, jnp.zeros_like(b)), [a, b]
