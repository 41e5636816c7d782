"""Deconvolutional networks: a unit's activation, projected back."""
