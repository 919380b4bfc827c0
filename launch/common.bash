# shellcheck shell=bash disable=SC2154
# What the programs of this folder and of Benchmarks share. They set `root`, the repository, before they source it.

# What messages call the program, and the package that `build` builds; those of Benchmarks set both anew.
program=launch/$(basename "$0")
package=$root

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
  local flags
  read -ra flags <<<"${TESSERA_BUILD_FLAGS-}"
  swift_package_manager build --configuration release "${flags[@]}" "$@" 2>&1 |
    sed -u -E '/^(Building for |Build complete|Build of product |\[[0-9/]+\] (Planning build|Compiling plugin|Write swift-version))/d' >&2
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
