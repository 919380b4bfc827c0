# shellcheck shell=bash
# What these programs share: a small repository to try the scripts of launch/ in.
# shellcheck source-path=SCRIPTDIR source=../checks.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../checks.bash"

clone=$sandbox/clone
mkdir -p "$clone" "$sandbox/elsewhere"
cp -r "$repository/launch" "$clone/"
(cd "$repository" && cp --parents Sources/Tessera/Runtime/Version.swift "$clone/")
printf '.executable(name: "digits", targets: [])\n.executable(\n  name: "tessera", targets: [])\n' \
  >"$clone/Package.swift"
cd "$sandbox/elsewhere" || exit 1

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
