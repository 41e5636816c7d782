"""Data sets of rendered faces on disk."""
