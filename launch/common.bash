# shellcheck shell=bash disable=SC2154
# What the programs of this folder and of Benchmarks share. They set `root`, the repository, before they source it.

# What messages call the program, and the package that `build` builds; those of Benchmarks set both anew.
program=launch/$(basename "$0")
package=$root

# shellcheck source=launch/processes.bash
source "$root/launch/processes.bash"

say() { printf '%s\n' "$*" >&2; }

# Ends with the status of a wrong command line.
usage_error() {
  say "$program: $*"
  say "$program --help tells what there is."
  exit 64
}

# The comment at the head of the program, without its first line, is its help.
show_help() {
  sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
}

# The version stands in one place, where the programs have it from.
show_version() {
  sed -n 's/^public let tesseraVersion = "\(.*\)"$/\1/p' "$root/Sources/Tessera/Runtime/Version.swift"
}

# Names of the executable products, as the manifest has them: asking SwiftPM takes a second.
products() {
  tr '\n' ' ' <"$root/Package.swift" | grep -oE '\.executable\( *name: *"[^"]+"' | cut -d'"' -f2
}

# Runs SwiftPM on the package, and lets the git that it starts read clones of other users: its mirrors and caches may
# belong to somebody else, and git refuses those. The refusal guards nothing here, because the code of a dependency is
# compiled and run anyway. A configuration of its own, on top of the user's, does it: git clears GIT_CONFIG_COUNT for
# the other end of a clone.
swift_package_manager() { # subcommand, its arguments
  local configuration=$package/.build/git-configuration
  mkdir -p "$package/.build"
  printf '[include]\n\tpath = "%s"\n' "${XDG_CONFIG_HOME:-${HOME-}/.config}/git/config" \
    "${GIT_CONFIG_GLOBAL:-${HOME-}/.gitconfig}" >"$configuration"
  printf '[safe]\n\tdirectory = *\n' >>"$configuration"
  GIT_CONFIG_GLOBAL=$configuration swift "$1" --package-path "$package" "${@:2}" </dev/null
}

# Builds in release; arguments go to `swift build`. TESSERA_BUILD_FLAGS holds further ones.
# Writes to standard error, and nothing when nothing had to be built.
build() {
  may_build || return 1
  in_own_group swift_build "$@"
}

# Whether the package can be built by this user; says why not.
may_build() {
  local folder=$package/.build
  if [[ ! -e $folder ]]; then folder=$package; fi
  if [[ ! -w $folder ]]; then
    say "$program: $folder is not to be written to, so that nothing can be built"
    return 1
  fi
}

# SwiftPM warns of a flag that Highway's description for pkg-config holds; Tessera sets it by itself.
swift_build() {
  local flags
  read -ra flags <<<"${TESSERA_BUILD_FLAGS-}"
  swift_package_manager build --configuration release "${flags[@]}" "$@" 2>&1 | sed -u -E \
    '/^(Building for |Build complete|Build of product |\[[0-9/]+\] (Planning build|Compiling plugin|Write swift-version))/d
    s/warning: ([^ ]+: )?prohibited flag\(s\): -DHWY_SHARED_DEFINE$//; T; /^$/d' >&2
}

# Runs a command in a process group of its own, which ends with this program: where that is ended, it first ends the
# command and all that it has started.
in_own_group() { # command
  local child status=0 signal='' name traps
  traps=$(trap -p INT TERM HUP QUIT USR1)
  for name in INT TERM HUP QUIT USR1; do
    # shellcheck disable=SC2064
    trap "signal=$name" "$name"
  done
  set -m
  "$@" &
  child=$!
  set +m
  { while [[ -z $signal && -e /proc/$child ]]; do wait "$child" || true; done; } 2>/dev/null
  if [[ -n $signal ]]; then
    trap '' INT TERM HUP QUIT USR1 # a second one must not interrupt what the first one asked for
    known=()
    if state_of "$child"; then known=("$child:$started"); fi
    remember_below "$child"
    {
      for name in INT TERM KILL; do
        kill -s "$name" -- "-$child" || true
        if [[ $name == KILL ]]; then kill_known; fi
        if await_known 10; then break; fi
        remember_below "$child"
      done
    } 2>/dev/null
    disown "$child" 2>/dev/null || true # without the shell's notice
    say "$program: ended by SIG$signal, as asked"
    exit $((128 + $(kill -l "$signal")))
  fi
  trap - INT TERM HUP QUIT USR1
  eval "$traps"
  wait "$child" 2>/dev/null || status=$?
  return "$status"
}

# Sets DOCC_HTML_DIR to a copy of the toolchain's templates that belongs to the user: docc ends with “The file doesn’t
# exist” where it may not give its copies the owner that the templates have.
own_docc_templates() {
  local templates
  templates=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")/share/docc/render
  if [[ -n ${DOCC_HTML_DIR-} || -O $templates || ! -d $templates ]]; then return; fi
  DOCC_HTML_DIR=$root/.build/docc-templates
  mkdir -p "$DOCC_HTML_DIR"
  cp -R --no-preserve=all "$templates/." "$DOCC_HTML_DIR"
  export DOCC_HTML_DIR
}
