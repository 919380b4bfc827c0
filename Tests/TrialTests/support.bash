# shellcheck shell=bash disable=SC2034,SC2154
# What the trials share: jobs of ranks, and a Python that has NumPy.
# shellcheck source-path=SCRIPTDIR source=../checks.bash
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../checks.bash"
# shellcheck source-path=SCRIPTDIR source=../jobs.bash
source "$repository/Tests/jobs.bash"
# shellcheck source-path=SCRIPTDIR source=../../launch/python.bash
source "$repository/launch/python.bash"

trials=${TRIALS-$programs/Trials}
job_limit=1200
