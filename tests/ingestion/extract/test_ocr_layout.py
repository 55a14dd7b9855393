from ingestion.extract.ocr_layout import Line, text_of

LEFT = (
    "The tide gauge was built in",
    "the year of the great flood",
    "and repaired by the office",
    "that keeps the harbour books",
    "for every boat and captain.",
)
RIGHT = (
    "Ferries leave every morning",
    "for the northern islands and",
    "come back when the evening",
    "tide allows them to enter the",
    "inner basin without a pilot.",
)


def column(texts: tuple[str, ...], left: float, top: float = 100) -> list[Line]:
    return [
        Line(text, left, top + 40 * at, left + 11 * len(text), top + 40 * at + 30)
        for at, text in enumerate(texts)
    ]


def test_columns_are_read_one_after_the_other_below_the_title() -> None:
    title = Line("Harbour news of the month of March, all of it", 60, 20, 650, 50)
    text = text_of([title, *column(LEFT, 50), *column(RIGHT, 400)])
    assert text.split("\n\n") == [title.text, " ".join(LEFT), " ".join(RIGHT)]


def test_rows_of_a_table_stay_rows() -> None:
    rows = [("Boat", "Fee"), ("Aurora", "40"), ("Mistral", "375"), ("Dinghy", "12"), ("Trawler", "90")]
    lines = [
        Line(cell, 50 + 350 * at, 40 * row, 150 + 350 * at, 40 * row + 30)
        for row, cells in enumerate(rows)
        for at, cell in enumerate(cells)
    ]
    assert text_of(lines) == "Boat Fee\nAurora 40\nMistral 375\nDinghy 12\nTrawler 90"


def test_a_wider_gap_ends_a_paragraph() -> None:
    text = text_of([*column(LEFT, 50), *column(RIGHT, 50, top=340)])
    assert text == f"{' '.join(LEFT)}\n\n{' '.join(RIGHT)}"


def test_lines_far_apart_stay_apart() -> None:
    lines = [Line(text, 50, 100 * at, 400, 100 * at + 30) for at, text in enumerate(LEFT)]
    assert text_of(lines).split("\n\n") == list(LEFT)


def test_words_that_were_found_apart_are_one_line() -> None:
    lines = [Line("1931", 310, 2, 370, 32), Line("The tide gauge was built in", 0, 0, 300, 30)]
    assert text_of(lines) == "The tide gauge was built in 1931"


def test_what_is_printed_up_the_margin_comes_last() -> None:
    margin = Line("arXiv 2022", 5, 100, 25, 300)
    assert text_of([margin, *column(LEFT, 50)]) == f"{' '.join(LEFT)}\n\narXiv 2022"


def test_nothing_is_nothing() -> None:
    assert text_of([]) == ""


def test_a_turned_page_is_turned_back() -> None:
    line = Line("x", 10, 20, 30, 90)
    assert line.turned(1, 100, 200) == Line("x", 20, 70, 90, 90)
    assert line.turned(2, 100, 200) == Line("x", 70, 110, 90, 180)
    assert line.turned(3, 100, 200) == Line("x", 110, 10, 180, 30)
