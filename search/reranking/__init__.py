"""A second opinion on the first few passages: back ends that read question and passage together, and the
budget that they get (``bounded``)."""
