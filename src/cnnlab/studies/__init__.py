"""What is trained or measured once: each study a declaration, its results committed."""
