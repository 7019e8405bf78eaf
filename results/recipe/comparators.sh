#!/bin/sh
# The trials for comparators that jitter, nearly in the order in which they were made:
#     sh results/recipe/comparators.sh trials
#     python tools/trials_table.py trials/*
set -e
trials=${1:?folder for the sweeps}

trial() { # name, then options of `rcspike sweep`
    out=$trials/$1
    shift
    rcspike sweep --recipe plain --validation 10000 --no-references --v-syn 1 --out "$out" \
        --set init_scale=0.25 "$@"
}
fashion() { trial "$@" --dataset fashion-mnist --set flip=true; }
digits() { trial "$@" --dataset mnist --set shift=1; }
decaying() { "$@" --set weight_decay=0.3; }
narrow() { "$@" --set averaging=1 --set window=0.1; }
smooth() { narrow "$@" --set label_smoothing=0.1; }

decaying fashion temperature --epochs 16 --set learning_rate=1e-3 --set noise=0.02 --vary \
    temperature=0.03,0.06,0.1
decaying fashion averaging --epochs 16 --set learning_rate=1e-3 --set noise=0.02 --set \
    temperature=0.06 --vary averaging=0,1 --vary window=0.1,1
decaying narrow fashion slower --epochs 40 --set learning_rate=5e-4 --set noise=0.02 --set \
    temperature=0.06
decaying narrow digits digits --epochs 30 --set learning_rate=5e-4 --set noise=0.02 --set \
    temperature=0.05
decaying fashion constant --epochs 40 --set learning_rate=5e-4 --set noise=0.02 --set \
    temperature=0.06 --set window=0.1 --set schedule=constant --set averaging=6
decaying smooth fashion smooth --epochs 40 --set learning_rate=5e-4 --set noise=0.01 --set \
    temperature=0.05
decaying smooth fashion long --epochs 80 --set learning_rate=3e-4 --set noise=0.015 --set \
    temperature=0.04
decaying smooth digits digits-long --epochs 50 --set learning_rate=5e-4 --set noise=0.015 \
    --set temperature=0.04
decaying smooth fashion wider --epochs 80 --set learning_rate=3e-4 --set noise=0.02 --set \
    temperature=0.06
smooth fashion less-decay --epochs 80 --set learning_rate=5e-4 --set noise=0.02 --set \
    temperature=0.06 --set weight_decay=0.05
smooth digits digits-less-decay --epochs 30 --set learning_rate=5e-4 --set noise=0.02 --set \
    temperature=0.06 --set weight_decay=0.05

# From here on with little decay; `rcspike sweep` of version 0.2 has the rest as defaults.
settled() { # data set, name, then options
    data=$1
    shift
    smooth "$data" "$@" --set learning_rate=5e-4
}
settled fashion longer --epochs 100 --set weight_decay=0.05 --set noise=0.02 \
    --vary temperature=0.05,0.06
settled fashion outputs --epochs 80 --set weight_decay=0.05 --set noise=0.02 \
    --set temperature=0.06 --vary output_noise=0.02,0.04
settled fashion no-decay --epochs 80 --set noise=0.02 --set temperature=0.06 \
    --vary weight_decay=0,0.02
settled fashion noise --epochs 80 --set weight_decay=0.05 --set temperature=0.05 \
    --vary noise=0.02,0.03
settled digits digits-longer --epochs 50 --set weight_decay=0.05 --set noise=0.02 \
    --vary temperature=0.05,0.06
settled fashion more-noise --epochs 80 --set weight_decay=0.05 --set noise=0.04 \
    --vary temperature=0.05,0.06
settled fashion longest --epochs 100 --set weight_decay=0.05 --set temperature=0.05 \
    --vary noise=0.03,0.04
settled fashion shorter --set weight_decay=0.05 --set noise=0.03 --set temperature=0.06 \
    --vary epochs=60,80
settled fashion shortest --epochs 60 --set weight_decay=0.05 --set noise=0.03 \
    --set temperature=0.05
settled digits digits-noise --epochs 40 --set weight_decay=0.05 --set noise=0.03 \
    --set temperature=0.05
smooth fashion rates --epochs 60 --set weight_decay=0.05 --set noise=0.02 \
    --set temperature=0.05 --vary learning_rate=1e-3,2e-3
smooth digits digits-rates --epochs 30 --set weight_decay=0.05 --set noise=0.02 \
    --set temperature=0.05 --vary learning_rate=1e-3,2e-3
for data in mnist fashion-mnist; do
    rcspike sweep --validation 10000 --no-references --v-syn 1 --dataset $data --recipe sharp \
        --out "$trials/sharp-$data"
done

# Below V_th.
half() { # name, then what differs from the recipe
    out=$trials/half-$1
    shift
    rcspike sweep --validation 10000 --no-references --v-syn 0.5 --dataset fashion-mnist \
        --out "$out" "$@"
}
half rates --epochs 100 --vary learning_rate=5e-4,1e-3,2e-3
half scales --epochs 100 --vary init_scale=0.5,1
half longer --epochs 200 --vary noise=0.02,0.03
half warmer --epochs 200 --vary temperature=0.06,0.08
