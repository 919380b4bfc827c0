# shellcheck shell=bash
# What these programs share: a small repository to try the scripts of launch/ in, and checks that report.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
repository=$(dirname "$(dirname "$here")")
failures=0

# A folder whose name has a space, gone when the program ends.
sandbox=$(mktemp -d "${TMPDIR:-/tmp}/tessera launch XXXXXX")
trap 'rm -rf "$sandbox"' EXIT
clone=$sandbox/clone
stubs=$sandbox/stubs
mkdir -p "$clone" "$stubs" "$sandbox/elsewhere"
cp -r "$repository/launch" "$clone/"
(cd "$repository" && cp --parents Sources/Tessera/Runtime/Version.swift "$clone/")
printf '.executable(name: "digits", targets: [])\n.executable(\n  name: "tessera", targets: [])\n' \
  >"$clone/Package.swift"
export PATH=$stubs:$PATH
unset TESSERA_BUILD_FLAGS TESSERA_WORKERS SLURM_JOB_ID "${!SLURM_@}"
cd "$sandbox/elsewhere" || exit 1

# Makes a command of the given name out of the lines on standard input.
stub() {
  { echo '#!/usr/bin/env bash' && cat; } >"$stubs/$1"
  chmod +x "$stubs/$1"
}

# A compiler that notes how it was called, and builds programs that say how they were called.
export SWIFT_LOG=$sandbox/swift.log
stub swift <<'END'
printf '%s\n' "$*" >>"$SWIFT_LOG"
while [[ $1 != --package-path ]]; do shift; done
mkdir -p "$2/.build/release"
for product in digits tessera; do
  cat >"$2/.build/release/$product" <<'PROGRAM'
#!/usr/bin/env bash
if [[ ${OMPI_COMM_WORLD_RANK-0} == 0 ]]; then
  echo "$(basename "$0") of $OMPI_COMM_WORLD_SIZE in $PWD${TESSERA_WORKERS:+ with $TESSERA_WORKERS workers}"
  for argument in "$@"; do printf '<%s>\n' "$argument"; done
fi
if [[ ${1-} == fail ]]; then exit "$2"; fi
PROGRAM
  chmod +x "$2/.build/release/$product"
done
echo "[1/1] Compiling plugin Something"
echo "[4/9] Compiling digits"
echo "Build complete! (0.1 s)"
exit "${SWIFT_STATUS:-0}"
END

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
