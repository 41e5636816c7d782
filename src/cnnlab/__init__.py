"""Convolutional neural networks, explained and measured.

Data flows one way: ``faces -> models -> evaluation, explain -> report``.
``theory`` is plain NumPy and imports nothing of the others.
"""
