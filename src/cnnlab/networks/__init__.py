"""VGG16 transfer, light networks, weights, training."""
