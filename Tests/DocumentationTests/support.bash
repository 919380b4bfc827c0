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
