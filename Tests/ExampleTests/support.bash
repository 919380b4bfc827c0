# shellcheck shell=bash disable=SC2154
# What these programs share: the programs of the package as jobs, and readers of what they write.
# shellcheck source-path=SCRIPTDIR source=../checks.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../checks.bash"
# shellcheck source-path=SCRIPTDIR source=../jobs.bash
source "$repository/Tests/jobs.bash"
# Numbers with points, for awk.
export LC_ALL=C.UTF-8

good=$repository/Sources/Examples/Digits/Data

# Looks into what was written: json, xml or npy, as Tests/Inspection tells.
inspect() { # kind, files
  "$programs/Inspection" "$@"
}

# Writes the leaves of a job's JSON lines, “LINE PATH VALUE”, to its file `leaves`; a report of its own if they are none.
read_json() { # job
  local folder=$sandbox/jobs/$1 complaint
  if ! complaint=$(inspect json <"$folder/output" 2>&1 >"$folder/leaves"); then
    report "$1: JSON lines only" "$complaint"
  fi
}

# Prints the value of a leaf.
leaf() { # job, line, path
  awk -v line="$2" -v path="$3" '$1 == line && $2 == path { sub(/^[^ ]+ [^ ]+ /, ""); print }' \
    "$sandbox/jobs/$1/leaves"
}
