"""From a delivery to its receipt: archive, check, keep, quarantine, answer."""
