"""A native encoder for BERT, DistilBERT and RoBERTa classifiers, with the forward and backward pass written out.

Read in this order:

    architecture.py     which Hugging Face models it supports, and what it reads from their config
    parameters.py       which parameters there are, and which tensor each is in
    weights.py          weights and gradients in flat buffers, with views for each layer
    layout.py           reviews packed end to end without padding, and the blocks in which attention sees them
    network.py          embeddings, layers and head, forward and backward
    layer.py            one transformer layer
    block_attention.py  multi-head attention over packed reviews
    attention.py        softmax attention inside one block of reviews
    norm.py             layer normalization
    dropout.py          masks that are slices of a pool: a pure function of (seed, step, micro-batch)
    products.py         matrix products in shapes that suit the kernels; sums over micro-batches in fp32
    workspace.py        buffers that are reused
    optimizer.py        AdamW and SGD on the flat buffers
    forward.py          the same network for inference only
    budget.py           how many tokens a micro-batch should have on this machine
    blocks.py, footprint.py   the sizes of blocks and buffers, without torch

Shapes in docstrings: B reviews, T packed tokens, H hidden size, I intermediate size, A heads, D head size, L tokens of
the longest review in a block, C classes, V vocabulary size, R word embeddings in use.
"""
