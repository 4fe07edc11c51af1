#!/usr/bin/env bash
# Run once by Gradescope, when it builds the autograder's image.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes python3 python3-venv bubblewrap
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Python 3.11 or later is needed: choose a newer Ubuntu as the base image." >&2
  exit 1
}
cd /autograder/source
python3 -m venv .venv
.venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check -r requirements.lock
.venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps -e .
.venv/bin/grader hub build --quiet
