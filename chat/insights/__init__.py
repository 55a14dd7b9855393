"""What can be made of one document, one page or one pasted text: summaries, facts, translations and more."""
