"""Class activation maps: drawn, tested, read."""
