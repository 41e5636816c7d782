"""The head: its mesh, its shape, its eyes, and how action units move it."""
