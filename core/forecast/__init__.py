"""What a run will need, before anything is trained: memory and time, with what is uncertain about them.

Read in this order:

    shapes.py        the model as numbers: layers, widths, weights that learn
    loads.py         the reviews as numbers: the most expensive micro-batch, and the work of an epoch
    facts.py         all that a forecast is made from, as plain data that the workbench can hold
    calibration.py   what two real steps on this machine have shown, kept on disk
    autograd.py      what a layer keeps on the transformers path, counted; `core/encoder/footprint.py` is the native one
    run.py           one run: facts under settings, and its micro-batches
    memory.py        the closed form of memory: bytes by what they are for; gpu_memory.py on GPUs
    duration.py      that of time
    forecast.py      a run's forecast: what fits, how sure that is, and what each saving would bring
    probe.py         the two real steps, in a process of their own
    gather.py        facts of real reviews and a real model, collected by the engine
    foresight.py     what a worker makes of it before its first step: micro-batches that fit, and a record of it

All but the last three are free of torch and numpy, so that a gauge can follow every key in the screen's own process.
"""
