"""Finds or makes a Python that has what `make bench` imports, and writes its path to the file `python` in a folder.

Argument: the folder."""

import os
import subprocess
import sys
import venv
from pathlib import Path

TORCH = "torch==2.11.0"
# Builds without CUDA, a tenth of the size of those on PyPI.
INDEX = "https://download.pytorch.org/whl/cpu"


def has(python, code):
    return subprocess.run([python, "-c", code], stderr=subprocess.DEVNULL, check=False).returncode == 0


def has_torch(python):
    return has(python, "import torch, sys; sys.exit(not torch.__version__.startswith('2.11.'))")


def install(python, *arguments):
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=False).returncode == 0


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    python = sys.executable
    if has_torch(python):
        print(f"the peer is the PyTorch of {python}")
    else:
        python = str(folder / "venv" / "bin" / "python")
        if not (os.path.exists(python) and has_torch(python)):
            print(f"{sys.executable} has no torch 2.11: installing {TORCH} into {folder / 'venv'} (about 0.2 GB)")
            venv.create(folder / "venv", with_pip=True)
            if not install(python, TORCH, "--index-url", INDEX):
                print(f"{INDEX} is not reachable: the same from PyPI, with CUDA's libraries (about 3 GB)")
                if not install(python, TORCH):
                    print("neither is reachable: name a Python that has torch 2.11, make bench PYTHON=…")
                    return 1
        if not has(python, "import numpy, sklearn"):
            install(python, "numpy", "scikit-learn")
        print(f"the peer is the PyTorch of {python}")
    (folder / "python").write_text(python + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
