"""Convolutional neural networks, explained and measured.

Data flows one way: ``faces -> networks -> evaluation, explain -> studies -> report``.
``theory`` is plain NumPy and imports nothing of the others.
"""

from cnnlab.environment import prepare_process

prepare_process()
