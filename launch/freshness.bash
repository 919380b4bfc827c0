# shellcheck shell=bash disable=SC2154
# Whether what was built last is what would be built now: asking SwiftPM takes seconds, and waits for other builds.
# A note beside the build tells what it was made from and what came of it. Where anything differs, SwiftPM is asked.

stamp=$root/.build/launch-stamp

# Prints a digest of all that a build depends on: files by name, size and the times of their last change, which a
# copy that keeps the old time of modification changes, too.
sources_digest() {
  local compiler variable
  compiler=$(readlink -f "$(command -v swift)" || true)
  {
    for variable in TESSERA_BUILD_FLAGS TESSERA_DOCUMENTATION PKG_CONFIG_PATH PKG_CONFIG_LIBDIR CPATH C_INCLUDE_PATH \
      CPLUS_INCLUDE_PATH LIBRARY_PATH CC CXX SWIFT_EXEC TOOLCHAINS LOADEDMODULES; do
      printf '%s=%s\n' "$variable" "${!variable-}"
    done
    cd "$root" || exit 1
    # The compiler and the list of installed packages stand for all that comes from outside.
    find -L Package.swift Package.resolved Sources Tests Packages "$compiler" /var/lib/dpkg/status \
      /var/lib/rpm -type f -printf '%p %s %T@ %C@ %i\n' 2>/dev/null || true # not all of them have to be there
  } | sort | sha256sum
}

# Prints a digest of the programs that a build has made: another one may have replaced them.
programs_digest() {
  find -L "$root/.build/release/" -maxdepth 1 -type f -perm /111 -printf '%f %s %T@ %C@ %i\n' 2>/dev/null |
    sort | sha256sum
}

is_up_to_date() {
  [[ -r $stamp ]] && cmp -s "$stamp" <(sources_digest; programs_digest)
}

# Builds and notes it. What is changed meanwhile differs from the digest, which is taken before.
build_and_note() { # arguments of `swift build`
  local digest
  rm -f "$stamp"
  digest=$(sources_digest)
  build "$@" || return 1
  { printf '%s\n' "$digest"; programs_digest; } >"$stamp.$$" && mv "$stamp.$$" "$stamp"
}
