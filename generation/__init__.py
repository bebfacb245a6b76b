"""Generation: from a recipe to pixels.

The public face is ``recipe``, ``prompt``, ``engine`` and what they name. ``worker`` is the inside
of the one process that loads the machine learning libraries, and nobody else imports it.
"""
