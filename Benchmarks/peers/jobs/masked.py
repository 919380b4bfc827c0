"""Numbers above a half."""

from . import case
from .shared.noise import uniform


@case("jobs/masked")
class Masked:
    def operands(size):
        return {"x": uniform(1, size)}

    def numpy(x):
        return lambda: x[x > 0.5]

    def torch(x):
        return lambda: x[x > 0.5]
