# shellcheck shell=bash disable=SC2154
# What these programs share: the programs of Tests/Scenarios as jobs.
# shellcheck source-path=SCRIPTDIR source=../checks.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../checks.bash"
# shellcheck source-path=SCRIPTDIR source=../jobs.bash
source "$repository/Tests/jobs.bash"

# A deadline that ends a job in time, and one beyond the life of any: whoever does not wait needs none.
soon=5 never=600

scenario() { # ranks, deadline, scenario
  TESSERA_TIMEOUT=$2 on_ranks "$1" "$programs/Scenarios" "$3"
}

expectations=()

# Starts a scenario that must fail with a status and a line on standard error, both regular expressions.
fails() { # name, ranks, deadline, scenario, status, line
  start_job "$1" scenario "${@:2:3}"
  expectations+=("$1" "$5" "$6")
}

# Looks at the scenarios that were started, in their order.
conclude() {
  local index
  wait
  for ((index = 0; index < ${#expectations[@]}; index += 3)); do
    expect_failure "${expectations[@]:index:3}"
  done
  expectations=()
}
