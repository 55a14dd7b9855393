"""A chat pop-up for other websites, tied to one collection and the origins that may show it."""
