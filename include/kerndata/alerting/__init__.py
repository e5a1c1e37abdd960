"""Alerts that are true: what is watched, what is told of it, to whom, once when it begins and once when it is over."""
