#!/bin/sh
# The trials for comparators that jitter, one sweep each:
#     sh results/recipe/comparators.sh trials
#     python tools/trials_table.py trials/* --out results/recipe/trials.csv
set -e

trial() {
    name=$1
    shift
    rcspike sweep --validation 10000 --no-references --v-syn 1 --set init_scale=0.25 \
        --out "$trials/$name" "$@"
}
fashion() { trial "$@" --dataset fashion-mnist --set flip=true; }
digits() { trial "$@" --dataset mnist --set shift=1; }

trials=${1:?folder for the sweeps}
