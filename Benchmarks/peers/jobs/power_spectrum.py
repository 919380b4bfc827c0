"""Power spectra of rows, their Fourier transforms by products, as Tessera has no others."""

from . import case
from .shared.fourier import fourier
from .shared.noise import normal


@case("jobs/power-spectrum")
class PowerSpectrum:
    def operands(size):
        real, imaginary = fourier(512)
        return {"x": normal(31, size, 512), "real": real, "imaginary": imaginary}

    def numpy(x, real, imaginary):
        return lambda: (x @ real) ** 2 + (x @ imaginary) ** 2

    def torch(x, real, imaginary):
        return lambda: (x @ real) ** 2 + (x @ imaginary) ** 2

    def jax(x, real, imaginary):
        return lambda x, real, imaginary: (x @ real) ** 2 + (x @ imaginary) ** 2, [x, real, imaginary]
