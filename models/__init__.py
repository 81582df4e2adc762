"""The recogniser as a package: photographs in, templates and scores out.

A leaf: it imports no program of this project and knows nothing of cases, units or the network.
"""
