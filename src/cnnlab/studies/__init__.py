"""What is trained and measured once and committed under ``report/studies``."""
