"""What grows on a head, and what is worn over it."""
