"""Numbers picked at places."""

import numpy as np

from . import case
from .shared.noise import integers, uniform


@case("jobs/gather")
class Gather:
    def operands(size):
        return {"x": uniform(1, size), "places": integers(28, size, size)}

    def numpy(x, places):
        return lambda: np.take(x, places)

    def torch(x, places):
        return lambda: x.index_select(0, places)

    def jax(x, places):
        return lambda x, places: x[places], [x, places]
