"""A script that reads the whole project finds, in a small tree, what it is there to find."""
import subprocess
import sys
import tempfile
from pathlib import Path


def run(script, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, Path(__file__).with_name(script), folder], capture_output=True,
                              text=True, check=False)


def check(script, good, wrong):
    """`good`: text by file, without a mistake; `wrong`: a file, what it becomes, and what must be told. 0 or 1."""
    found = run(script, good)
    failures = [] if found.returncode == 0 else ["the good tree:\n" + found.stdout + found.stderr]
    for name, text, expected in wrong:
        found = run(script, {**good, name: text})
        if found.returncode != 1 or expected not in found.stdout:
            failures.append(f"{name}: expected '{expected}', found:\n{found.stdout}{found.stderr}")
    print("\n".join(failures))
    return 1 if failures else 0
