"""Independent national figures, pulled from CBS, archived, and held beside the sums of the provinces."""
