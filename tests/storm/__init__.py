"""Storms, power cuts and fuzzing: what has to hold when everything goes wrong at the same time.

``python -m tests.storm --seed N`` runs the long forms, ``test_*.py`` here the short ones.
"""
