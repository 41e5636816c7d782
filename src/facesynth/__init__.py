"""Faces rendered from a parametric head: no photograph, no person, any number of them."""
