"""The environment of the tutorial pipeline: ``.venv-bench``, which sees the site's packages behind its own.

So nothing large is fetched twice, and the site's environment stays as it is.
"""

import hashlib
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

from bench.machine import ROOT

FOLDER = ROOT / ".venv-bench"
REQUIREMENTS = ROOT / "bench" / "requirements-side-by-side.txt"
# Not to be installed a second time in another version.
_SHARED = ("torch", "transformers", "sentence-transformers", "chromadb", "numpy", "tokenizers")


def python() -> Path:
    """The environment's interpreter; made and filled where it is missing or its requirements changed."""
    packages = sysconfig.get_path("purelib")
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + packages.encode()).hexdigest()
    note, interpreter = FOLDER / "installed", FOLDER / "bin" / "python"
    if note.exists() and note.read_text() == wanted:
        return interpreter
    print(f"installing {REQUIREMENTS.name} in {FOLDER.name}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (FOLDER / "lib" / version / "site-packages" / "site.pth").write_text(packages + "\n")
    shared = FOLDER / "shared.txt"
    shared.write_text("".join(f"{name}=={_plain(metadata.version(name))}\n" for name in _SHARED))
    install = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", str(REQUIREMENTS), "-c", str(shared)], check=True)
    note.write_text(wanted)
    return interpreter


def _plain(version: str) -> str:
    """Without the part that names a build, such as ``+cpu``."""
    return version.partition("+")[0]
