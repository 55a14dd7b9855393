"""Answers that editors have checked: pinned to their questions, and given first to who asks the same."""
