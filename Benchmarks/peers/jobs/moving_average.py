"""Means of windows."""

from . import case
from .shared.noise import uniform


@case("jobs/moving-average")
class MovingAverage:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        from scipy.ndimage import uniform_filter1d

        # Those that end before the first number of Tessera's are left out.
        return lambda: uniform_filter1d(x, 50)[26:-24]

    def torch(x):
        def call():
            sums = x.cumsum(0)
            return (sums[50:] - sums[:-50]) / 50

        return call

    def jax(x):
        def mean(x):
            sums = x.cumsum()
            return (sums[50:] - sums[:-50]) / 50

        return mean, [x]
