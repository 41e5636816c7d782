"""Up-convolutional networks: images painted from a layer's features."""
