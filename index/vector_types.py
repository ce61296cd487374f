"""Arrays of vectors, as the whole of retrieval hands them on."""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""float32 [n, dimension], a vector a row; embeddings have unit length."""
Rows = NDArray[np.int64]
"""int64: numbers of rows of a matrix of vectors."""
