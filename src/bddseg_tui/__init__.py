"""Browse, train, evaluate and ask: semantic segmentation of driving scenes, in the terminal.

The four packages stand at the top of the repository; the links beside this file make them parts of one.
"""
