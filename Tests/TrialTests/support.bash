# shellcheck shell=bash disable=SC2034,SC2154
# What the trials share: jobs of ranks, and a Python that has NumPy.
# shellcheck source-path=SCRIPTDIR source=../checks.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../checks.bash"
# shellcheck source-path=SCRIPTDIR source=../jobs.bash
source "$repository/Tests/jobs.bash"
# shellcheck source-path=SCRIPTDIR source=../../launch/python.bash
source "$repository/launch/python.bash"

trials=$programs/Trials
job_limit=1200
# Where programs write files.
export TMPDIR=$sandbox
# The program that is being run, in case it ends its process.
export TRIALS_PROGRESS=$sandbox/progress

# Reports a run of the programs, which has told its differences on standard output.
report_run() { # name, how to repeat it
  local lines last
  if ((status == 0)); then
    report "$1"
    return
  fi
  mapfile -t lines <<<"$output"$'\n'"$errors"
  last=$(cat "$sandbox/progress" 2>/dev/null || true)
  report "$1" "${lines[@]}" "status $status${last:+; the last one begun: $last}" "to repeat it: $2"
}

# Writes programs to a file, or reports why it cannot and ends.
generate() { # generator, file, arguments
  if ! { find_numpy "$repository" && "$python" "$repository/Tests/TrialTests/programs/$1" "${@:3}"; } \
    >"$2" 2>"$sandbox/errors"; then
    report "programs by $1" "$(<"$sandbox/errors")"
    finish
  fi
}
