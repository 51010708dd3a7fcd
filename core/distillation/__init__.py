"""Distillation: a student with fewer layers learns from reviews, from what its teacher says of them, and how.

layers.py      which of the teacher's layers the student begins with, and which it imitates
student.py     the model folder that the student begins with
reviews.py     what it learns from: the labelled training reviews, and unlabelled ones that are nobody's test
variants.py    reviews with something left out, for the teacher to say more about
answers.py     what the teacher says of each review, computed once and kept
imitation.py   the loss
agreement.py   how often student and teacher say the same
teacher.py     finds its run
asking.py      what `reviewtui distil` asks for, checked
"""
