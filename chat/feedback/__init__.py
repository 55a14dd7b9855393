"""What people say of answers: thumbs, reasons, scores, better answers, and the better one of two."""
