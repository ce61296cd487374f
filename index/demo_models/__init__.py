"""How the tiny CLIP and LLaVA that ship with the package are trained, from nothing but drawn scenes."""
