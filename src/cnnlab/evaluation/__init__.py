"""Predictions to figures of merit and plots."""
