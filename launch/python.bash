# shellcheck shell=bash
# A Python with NumPy for tests that run Python programs; not needed by anything else.

# The version whose results the tests are compared with.
numpy_version=2.4.6

# Sets `python` to one that has NumPy of that version: the one at hand, or that of a virtual environment under .build.
have_numpy() { # repository
  local asked='import sys, numpy; sys.exit(numpy.__version__ != sys.argv[1])'
  for python in python3 "$1/.build/python-$numpy_version/bin/python"; do
    if "$python" -c "$asked" "$numpy_version" 2>/dev/null; then return; fi
  done
  return 1
}

# Whether there is one, or what makes one.
can_have_numpy() { # repository
  have_numpy "$1" || python3 -c 'import ensurepip, venv' 2>/dev/null
}

# The same as have_numpy, after making the environment from PyPI where there is none. Says why that failed.
find_numpy() { # repository
  local environment=$1/.build/python-$numpy_version
  if have_numpy "$1"; then return; fi
  rm -rf "$environment"
  if ! { python3 -m venv "$environment" && "$environment/bin/python" -m pip install --quiet \
    --disable-pip-version-check "numpy==$numpy_version"; } >&2 || ! have_numpy "$1"; then
    echo "no Python with NumPy $numpy_version: it takes python3 with venv, which launch/setup --python installs, and PyPI" >&2
    return 1
  fi
}
