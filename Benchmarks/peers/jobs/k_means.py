"""K-means."""

import numpy as np

from . import case
from .shared.noise import normal


@case("jobs/k-means")
class KMeans:
    def operands(size):
        return {"x": normal(20, size, 8)}

    def numpy(x):
        def call():
            centres = x[:16]
            for _ in range(5):
                nearest = ((centres * centres).sum(1) - 2 * (x @ centres.T)).argmin(1)
                sums = np.stack([np.bincount(nearest, column, 16) for column in x.T], axis=1)
                centres = sums / np.bincount(nearest, minlength=16)[:, None]
            return centres

        return call

    def torch(x):
        import torch

        def call():
            centres = x[:16]
            for _ in range(5):
                nearest = ((centres * centres).sum(1) - 2 * (x @ centres.T)).argmin(1)
                members = torch.nn.functional.one_hot(nearest, 16).to(x.dtype)
                centres = members.T @ x / members.sum(0)[:, None]
            return centres

        return call

    def jax(x):
        import jax
        from jax import lax

        def step(_, state):
            x, centres = state
            nearest = ((centres * centres).sum(1) - 2 * (x @ centres.T)).argmin(1)
            members = jax.nn.one_hot(nearest, 16, dtype=x.dtype)
            return x, members.T @ x / members.sum(0)[:, None]

        return lambda x: lax.fori_loop(0, 5, step, (x, x[:16]))[1], [x]
