"""Finds a JDK on the machine of a Dask worker."""

import os
import re
import shutil
import subprocess

NEEDED = 25


class NoJava(Exception):
    """No Java that Heddle's workers could run on; the message says what was looked at and what to do."""


def _feature(version):
    match = re.match(r"(?:1\.)?(\d+)", version)
    return int(match.group(1)) if match else 0


def _version(java):
    """The feature version of a java program; 0 if it is none."""
    release = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(java))), "release")
    try:
        with open(release, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("JAVA_VERSION="):
                    return _feature(line.split("=", 1)[1].strip().strip('"'))
    except OSError:
        pass  # a java without a release file is asked itself
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r'version "([^"]+)"', said)
    return _feature(match.group(1)) if match else 0


def find(java_home, environment):
    """The java program of the given home, else of HEDDLE_JAVA_HOME, JAVA_HOME and PATH, whichever is new enough first.

    A home that the caller named is the only one looked at.
    """
    candidates = []
    if java_home:
        candidates.append((f"the option javaHome, {java_home}", os.path.join(java_home, "bin", "java")))
    else:
        for name in ("HEDDLE_JAVA_HOME", "JAVA_HOME"):
            home = environment.get(name)
            if home:
                candidates.append((f"{name}={home}", os.path.join(home, "bin", "java")))
        on_path = shutil.which("java", path=environment.get("PATH"))
        if on_path:
            candidates.append((f"{on_path} of its PATH", on_path))
    tried = []
    for words, java in candidates:
        if not os.access(java, os.X_OK):
            tried.append(f"{words} has no bin/java")
            continue
        version = _version(java)
        if version >= NEEDED:
            return java
        tried.append(f"{words} is Java {version}" if version else f"{words} is no Java")
    raise NoJava(
        f"no Java {NEEDED} or newer found there ("
        + ("; ".join(tried) if tried else "neither HEDDLE_JAVA_HOME nor JAVA_HOME is set and PATH has no java")
        + f"). Install JDK {NEEDED} on each machine of the cluster, and set HEDDLE_JAVA_HOME for its Dask workers or the option javaHome"
    )
