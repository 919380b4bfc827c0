"""Sums of groups."""

import numpy as np

from . import case
from .shared.groups import data


@case("jobs/group-sum")
class GroupSum:
    operands = data

    def numpy(x, groups, count):
        return lambda: np.bincount(groups, x, count)

    def torch(x, groups, count):
        import torch

        return lambda: torch.bincount(groups, x, count)

    def jax(x, groups, count):
        from jax.ops import segment_sum

        return lambda x, groups: segment_sum(x, groups, count), [x, groups]
