"""Forecasts of the memory, time and disk space of a run, with their uncertainty, before anything is trained.

Read in this order:

    facts.py         everything a forecast is made from, as plain data that the workbench can hold
    calibration.py   measurements of real steps on this machine, kept on disk
    autograd.py      what a layer keeps on the transformers path; `core/encoder/footprint.py` is its native counterpart
    run.py           one run: facts under settings, and its micro-batches
    memory.py        the memory formula: bytes by purpose; gpu_memory.py is its GPU counterpart
    duration.py      the time formula
    disk.py          the size of the run's folder
    forecast.py      the forecast of a run: what fits, how certain that is, and what each change of settings saves
    calibrate.py     measures real steps in a separate process (`core/worker/probe.py`)
    gather.py        collects facts about real reviews and a real model, in the engine

`core/planning` describes the model (`model_shape.py`) and the reviews (`loads.py`) as numbers. Before its first step a
worker uses the forecast to choose micro-batches that fit (`core/worker/memory_plan.py`).

All but the last two files are free of torch and numpy, so the screen's own process can update a gauge on every key.
"""
