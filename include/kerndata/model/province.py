"""The twelve provinces, by CBS code."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Province:
    """One province: ``code`` is the CBS code (PV20…PV31), ``slug`` names Dags and buckets."""

    code: str
    slug: str
    name: str
    aliases: tuple[str, ...]
