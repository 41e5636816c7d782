"""What every command stands on: errors, interruptions, locks, whole files, downloads."""
