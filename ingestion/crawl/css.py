"""CSS selectors that people write."""


def is_selector(selector: str) -> bool:
    """Whether ``selector`` can be read as one of CSS."""
    import soupsieve

    try:
        soupsieve.compile(selector)
    except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError):  # the last: div::before
        return False
    return True
