"""Questions 1, 3 and 4 in plain NumPy: no TensorFlow, no files."""
