"""The C++ files of the repository, as the checks see them."""

import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_CPP = re.compile(r"\.(h|cc|cu|cuh)$")


def git_lines(*args):
    """The lines that a git command prints."""
    return subprocess.run(
        ["git", *args], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()


def sources():
    """The C++ files that git does not ignore, relative to the root."""
    files = git_lines("ls-files", "--cached", "--others", "--exclude-standard")
    return sorted({f for f in files if _CPP.search(f) and os.path.exists(os.path.join(ROOT, f))})


def quoted_includes(path):
    """The (line number, file) of each #include "file" in the source `path`."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if match:
                yield number, match.group(1)
