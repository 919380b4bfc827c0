# shellcheck shell=bash disable=SC2034
# What test programs in the shell share: a folder of their own, and checks that report.

repository=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
failures=0

# A folder whose name has a space, gone when the program ends.
sandbox=$(mktemp -d "${TMPDIR:-/tmp}/tessera test XXXXXX")
trap 'rm -rf "$sandbox"' EXIT
stubs=$sandbox/stubs
mkdir "$stubs"
export PATH=$stubs:$PATH
# The shell keeps TESSERA_LONG_TESTS, which `launch/test --long` sets; programs have no settings but those of a test.
long_tests=${TESSERA_LONG_TESTS-}
unset CI "${!TESSERA_@}" "${!SLURM_@}"
if [[ -n $long_tests ]]; then TESSERA_LONG_TESTS=$long_tests; fi

# Makes a command of the given name out of the lines on standard input.
stub() {
  { echo '#!/usr/bin/env bash' && cat; } >"$stubs/$1"
  chmod +x "$stubs/$1"
}

# Runs a command; sets `status`, `output` and `errors`.
capture() {
  status=0
  output=$("$@" 2>"$sandbox/errors" </dev/null) || status=$?
  errors=$(<"$sandbox/errors")
}

report() { # name, what was seen if it is wrong
  if (($# == 1)); then
    echo "ok $1"
  else
    echo "not ok $1"
    printf '%s\n' "${@:2}" | sed 's/^/  /'
    failures=$((failures + 1))
  fi
}

# What the system does not allow to be tried counts neither as passed nor as failed.
skip() { # name, reason
  echo "skip $1: $2"
}

expect_equal() { # name, given, expected
  if [[ $2 == "$3" ]]; then report "$1"; else report "$1" "given:    $2" "expected: $3"; fi
}

expect_match() { # name, given, regular expression
  if [[ $2 =~ $3 ]]; then report "$1"; else report "$1" "given:    $2" "expected: $3"; fi
}

# The last captured command was refused as a wrong command line whose message holds every one of the words.
expect_usage_error() { # name, words
  local word
  for word in "${@:2}"; do
    if [[ $errors != *"$word"* ]]; then
      report "$1" "no '$word' in: $errors"
      return
    fi
  done
  if [[ $status != 64 || -n $output ]]; then
    report "$1" "status $status, output: $output"
  else
    report "$1"
  fi
}

finish() { exit $((failures > 0)); }
