"""The main content of 150 real pages, against what people marked in them."""

from pathlib import Path

import pytest

from bench.pages import load, measure, words, youju


def test_the_main_content_of_real_pages_is_found(youju_data: Path) -> None:
    folder = youju_data / "html-pages"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    figures = measure(load(folder), youju, words).figures()
    assert figures["f"] >= 0.90, figures
