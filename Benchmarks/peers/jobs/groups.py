"""Sums and means of groups."""

import numpy as np

from . import case
from .noise import integers, uniform


def _operands(size):
    count = min(1000, size // 20)
    return {"x": uniform(1, size), "groups": integers(3, size, count), "count": count}


@case("jobs/group-sum")
class GroupSum:
    operands = _operands

    def numpy(x, groups, count):
        return lambda: np.bincount(groups, x, count)

    def torch(x, groups, count):
        import torch

        return lambda: torch.bincount(groups, x, count)

    def jax(x, groups, count):
        from jax.ops import segment_sum

        return lambda x, groups: segment_sum(x, groups, count), [x, groups]


@case("jobs/group-mean")
class GroupMean:
    operands = _operands

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
