"""A person's conversations as a list: found again, renamed, put away and deleted."""
