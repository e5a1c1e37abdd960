"""Whether a value is what another should be with one digit lost or one too many: 1.1 for 10.1, 23511 for 2351."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DECIMALS = 1000  # three decimals are looked at: no province writes more in a figure of the core dataset
PLACES = 15  # as many digits as a float64 holds exactly
LOST = 1.5  # a value less than this factor off has lost no digit that matters


def one_digit_off(value: Floats, near: Floats, factor: float) -> npt.NDArray[np.bool_]:
    """Where one digit put in, or left out, brings ``value`` within ``factor`` of ``near``; the value is off before."""
    digits, found = np.rint(value * DECIMALS), np.zeros(len(value), dtype=bool)
    least, most = near * DECIMALS / factor, near * DECIMALS * factor
    small, large = value * LOST < near, value > near * LOST
    for place in range(PLACES):
        size = 10.0**place
        right = np.mod(digits, size)
        left = np.floor(digits / size)
        lowest = left * size * 10 + right
        found |= small & (digits > 0) & _hits(lowest, size, left == 0, least, most)
        without = np.floor(left / 10) * size + right
        found |= large & (left > 0) & (without >= least) & (without <= most)
    return found


def _hits(
    lowest: Floats, size: float, leads: npt.NDArray[np.bool_], least: Floats, most: Floats
) -> npt.NDArray[np.bool_]:
    """Whether one of the values ``lowest + digit × size`` lies between the two; a leading digit is not 0."""
    steps = np.clip(np.ceil((least - lowest) / size), np.where(leads, 1, 0), 9)
    found: npt.NDArray[np.bool_] = (lowest + steps * size >= least) & (lowest + steps * size <= most)
    return found
