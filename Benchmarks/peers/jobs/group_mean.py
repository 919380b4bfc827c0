"""Means of groups."""

import numpy as np

from . import case
from .shared.groups import data


@case("jobs/group-mean")
class GroupMean:
    operands = data

    def numpy(x, groups, count):
        return lambda: np.bincount(groups, x, count) / np.bincount(groups, minlength=count)

    def torch(x, groups, count):
        import torch

        return lambda: torch.bincount(groups, x, count) / torch.bincount(groups, minlength=count)

    def jax(x, groups, count):
        import jax.numpy as jnp
        from jax.ops import segment_sum

        def mean(x, groups):
            return segment_sum(x, groups, count) / segment_sum(jnp.ones_like(x), groups, count)

        return mean, [x, groups]
