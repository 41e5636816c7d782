"""Data: readers, rendered faces, augmentation, batches."""
