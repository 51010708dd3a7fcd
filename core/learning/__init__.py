"""Learning from decisions: the next model, trained in the background on a run's data and on what the user has said.

`choosing` says which decisions are learned from, `root` is the data that they are added to, `material` writes the files
that a run then reads, `plan` makes its request, and `lesson` is what is kept about it. `outcome` compares the new model
with the one before, and `stability` says when more labels change little.

The next model begins with the model that its parent began with, not with its parent's weights. So it follows from its
data and settings alone, whatever was trained in between; what the parent has learned from labels that are corrected now
does not stay in it; and models that go on from weights are known to generalize worse (Ash and Adams 2020).
"""
