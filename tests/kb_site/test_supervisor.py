import socket
from importlib import metadata
from pathlib import Path

import pytest
from django.core.management import CommandError

from kb_site.listening import listen
from kb_site.supervisor import check_installation


def test_the_installed_packages_are_the_pinned_ones(settings: object) -> None:
    check_installation(Path(__file__).parents[2] / "requirements.txt")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("no-such-package==1.0", "no-such-package 1.0 is needed, it is missing"),
        ("Django==1.0", f"Django 1.0 is needed, {metadata.version('Django')} is there"),
    ],
)
def test_a_broken_installation_is_named_with_what_to_do(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(f"# a comment\n\n{line}  # why\n")
    with pytest.raises(CommandError, match="make install") as caught:
        check_installation(file)
    assert complaint in str(caught.value)


def test_a_package_for_another_platform_is_not_missed(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text('no-such-package==1.0 ; sys_platform == "plan9"\n')
    check_installation(file)


def test_a_port_in_use_is_named_with_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"make run PORT={port + 1}"):
            listen("127.0.0.1", port)
    listen("127.0.0.1", port).close()
