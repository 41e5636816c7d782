"""Looking inside: class activation maps, deconvolutional and up-convolutional networks."""
