#!/bin/sh
# The trials for comparators that jitter, in the order in which they were made:
#     sh results/recipe/comparators.sh trials
#     python tools/trials_table.py trials/*
set -e
trials=${1:?folder for the sweeps}

trial() { # name, then options of `rcspike sweep`
    out=$trials/$1
    shift
    rcspike sweep --validation 10000 --no-references --v-syn 1 --out "$out" \
        --set init_scale=0.25 --set weight_decay=0.3 "$@"
}
fashion() { trial "$@" --dataset fashion-mnist --set flip=true; }
digits() { trial "$@" --dataset mnist --set shift=1; }
narrow() { "$@" --set averaging=1 --set window=0.1; }
smooth() { narrow "$@" --set label_smoothing=0.1; }

fashion temperature --epochs 16 --set learning_rate=1e-3 --set noise=0.02 \
    --vary temperature=0.03,0.06,0.1
fashion averaging --epochs 16 --set learning_rate=1e-3 --set noise=0.02 --set temperature=0.06 \
    --vary averaging=0,1 --vary window=0.1,1
narrow fashion slower --epochs 40 --set learning_rate=5e-4 --set noise=0.02 --set temperature=0.06
narrow digits digits --epochs 30 --set learning_rate=5e-4 --set noise=0.02 --set temperature=0.05
fashion constant --epochs 40 --set learning_rate=5e-4 --set noise=0.02 --set temperature=0.06 \
    --set window=0.1 --set schedule=constant --set averaging=6
smooth fashion smooth --epochs 40 --set learning_rate=5e-4 --set noise=0.01 --set temperature=0.05
smooth fashion long --epochs 80 --set learning_rate=3e-4 --set noise=0.015 --set temperature=0.04
smooth digits digits-long --epochs 50 --set learning_rate=5e-4 --set noise=0.015 \
    --set temperature=0.04
smooth fashion wider --epochs 80 --set learning_rate=3e-4 --set noise=0.02 --set temperature=0.06
smooth fashion less-decay --epochs 80 --set learning_rate=5e-4 --set noise=0.02 \
    --set temperature=0.06 --set weight_decay=0.05
smooth digits digits-less-decay --epochs 30 --set learning_rate=5e-4 --set noise=0.02 \
    --set temperature=0.06 --set weight_decay=0.05
