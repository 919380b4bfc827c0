"""The unitary discrete Fourier transform as a matrix."""

import numpy as np


def fourier(size):
    """Real and imaginary parts."""
    places = np.arange(size)
    turns = -2 * np.pi * (np.outer(places, places) % size) / size
    return np.cos(turns) / size**0.5, np.sin(turns) / size**0.5
