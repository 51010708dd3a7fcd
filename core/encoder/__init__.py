"""A native encoder for BERT, DistilBERT and RoBERTa classifiers: forward and backward written out, weights flat.

Read in this order:

    architecture.py   which Hugging Face models it computes, and what of their config decides the computation
    weights.py        one flat buffer each for weights and gradients; views by layer; names as Hugging Face has them
    layout.py         reviews packed end to end without padding, and the blocks in which attention sees them
    network.py        embeddings, layers and head, forward and backward
    layer.py          one layer
    attention.py      softmax attention inside a block of reviews
    norm.py           layer normalisation
    dropout.py        masks that are slices of a pool, a pure function of (seed, step, micro-batch)
    products.py       matrix products in shapes that the kernels like; long sums in fp32
    workspace.py      buffers that are used again
    optimizer.py      AdamW and SGD over the flat buffers
    forward.py        the same network for classification alone, with nothing kept for a way back
    budget.py         how many tokens a micro-batch shall have on this machine

Shapes in docstrings: B reviews, T packed tokens, H width, I inner width, A heads, D width of a head, L tokens of the
longest review of a block, C classes, V words of the vocabulary, R of them in use.
"""
