"""Read-only pages of conversations at addresses that cannot be guessed."""
