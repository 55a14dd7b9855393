"""What a reader may want next, from what they opened, searched and subscribed to; theirs to switch off."""
