"""Retrieval (CLIP embeddings, vector stores, LLaVA) has its home here; it holds no code yet."""
