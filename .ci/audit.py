"""Look for weak spots in the code, then ask the index whether a known vulnerability is in what production installs.

When nobody could be asked, that is said loudly.

Exit code 1 for a weak spot, for a vulnerability, for a package that alone could not be audited, and, with
AUDIT=require, for an index that cannot be reached: then nothing was audited, and no release may be made on it.
"""

import json
import os
import subprocess  # nosec B404
import sys
from pathlib import Path
from typing import Any

REQUIREMENTS = ("requirements-pdf.txt",)  # with all of requirements.txt


def audit() -> list[dict[str, Any]] | None:
    """What pip-audit says of each package; None when it says nothing."""
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json"]
    command += ["--progress-spinner", "off", *(part for name in REQUIREMENTS for part in ("-r", name))]
    told = subprocess.run(command, capture_output=True, text=True, timeout=600)  # nosec B603
    try:
        found: list[dict[str, Any]] = json.loads(told.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(told.stderr[-2000:], file=sys.stderr)
        return None
    return found


def weak_spots() -> int:
    """Bandit's exit code. Of a text of several parts it warns of the parts that a reviewed mark was not needed for."""
    command = [
        sys.executable,
        "-m",
        "bandit",
        "-q",
        "-c",
        "pyproject.toml",
        "-r",
        "config",
        "continuity",
        ".ci",
    ]
    told = subprocess.run(command, capture_output=True, text=True, timeout=600)  # nosec B603
    lines = [line for line in (told.stdout + told.stderr).splitlines() if "but no failed test" not in line]
    print("\n".join(lines) or "no weak spots found")
    return told.returncode


def judge(found: list[dict[str, Any]] | None, *, is_required: bool) -> int:
    """Say what was found, and the exit code."""
    skipped = [one for one in found or [] if "skip_reason" in one]
    flawed = [one for one in found or [] if one.get("vulns")]
    for one in flawed:
        for flaw in one["vulns"]:
            fixed = ", ".join(flaw.get("fix_versions", [])) or "no version yet"
            print(f"VULNERABLE: {one['name']} {one['version']}: {flaw['id']}, fixed in {fixed}")
    if not found or len(skipped) == len(found):
        line = "!" * 100
        print(f"{line}\nAUDIT UNREACHABLE: the index answered for no package. NOTHING WAS AUDITED.\n{line}")
        return int(is_required)
    for one in skipped:
        print(f"NOT AUDITED: {one['name']}: {one['skip_reason']}")
    print(
        f"{len(found) - len(skipped)} packages audited, {len(flawed)} vulnerable, {len(skipped)} not audited."
    )
    return int(bool(flawed or skipped))


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[1])
    sys.exit(weak_spots() or judge(audit(), is_required=os.environ.get("AUDIT") == "require"))
