"""Text cells to the contract's shape: columns, numbers, units, periods, regions."""
