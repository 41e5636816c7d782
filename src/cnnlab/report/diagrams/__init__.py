"""What the notebooks of theory and data draw, a module for each notebook."""
