"""Notebooks to one PDF: what notebooks show, how they are executed, how they are typeset."""
