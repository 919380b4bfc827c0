# shellcheck shell=bash disable=SC2034,SC2154,SC1091
# What these programs share: checks that report, and the blocks of a page.

# Builds go with the flags of the surrounding one, so that nothing is built again.
build_flags=${TESSERA_BUILD_FLAGS-}
# shellcheck source=../checks.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../checks.bash"
root=$repository
# shellcheck source=../../launch/common.bash
source "$repository/launch/common.bash"
# shellcheck source=../../launch/placement.bash
source "$repository/launch/placement.bash"
look_at_machine
cd "$sandbox" || exit 1

# Prints the blocks of Swift of a page, each behind a line with its number.
code_of_page() { # page
  awk '
    /^```/ && !inside { inside = 1; wanted = $0 == "```swift"; if (wanted) print "=== " ++count; next }
    /^```/ { inside = 0; next }
    inside && wanted' "$1"
}

# Prints what a page says that each block of Swift prints: the blocks without a language behind it.
output_of_page() { # page
  awk '
    /^```/ && !inside { inside = 1; wanted = $0 == "```"; if ($0 == "```swift") print "=== " ++count; next }
    /^```/ { inside = 0; next }
    inside && wanted' "$1"
}

# Reports whether two texts are the same, and where they are not.
expect_same() { # name, file of what was seen, file of what was expected
  if [[ -s $3 ]] && cmp -s "$2" "$3"; then
    report "$1"
  else
    report "$1" "$(diff -u --label seen --label expected "$2" "$3" || true)"
  fi
}

# Sets `module_flags` to what the compiler needs to find the modules that launch/test has built.
find_modules() {
  local release module
  release=$(readlink -f "$repository/.build/release")
  read -ra module_flags < <(pkg-config --cflags-only-I ompi-c)
  for module in CMPI CNUMA CHighway; do
    module_flags+=(-Xcc "-fmodule-map-file=$repository/Sources/$module/module.modulemap")
  done
  module_flags+=(-Xcc "-fmodule-map-file=$release/CKernels.build/module.modulemap")
  module_flags+=(-swift-version 6 -I "$release/Modules" -module-cache-path "$repository/.build/page-modules")
}

# Compiles a file against the libraries, without making anything of it.
check_types() { # file
  find_modules
  capture swiftc -typecheck "${module_flags[@]}" "$1"
}

# Makes a program of one file and the libraries that launch/test has built. Warnings are of no interest: a page shows
# results that nobody uses.
compile() { # file, program
  local release objects libraries
  find_modules
  release=$(readlink -f "$repository/.build/release")
  # Those that were linked: the folders may also hold what was left of files that are gone.
  mapfile -t objects < <(grep -E \
    '/(Shapes|Distribution|CKernels|Machine|MessagePassing|Execution|Logging|Tessera|TesseraTraining|TesseraIO)\.build/' \
    "$release/TesseraPackageTests.product/Objects.LinkFileList" | tr -d "'")
  read -ra libraries < <(pkg-config --libs ompi-c numa libhwy)
  capture swiftc -suppress-warnings "${module_flags[@]}" "$1" "${objects[@]}" "${libraries[@]}" -lstdc++ -o "$2"
}
