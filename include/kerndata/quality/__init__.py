"""Contract to verdict and receipt."""
